import { isMessageList, textOfParts } from '../dialects.ts';
import type { JsonObject } from '../json/exact-json.ts';
import { kindOf } from '../json/kind-of.ts';
import { type JsonPointer, parsePointer } from '../json-pointer.ts';
import { lost } from '../source-candidate.ts';
import type { Answer, Answers } from './answer.ts';
import { type Answered, holdsResponse, readAnswered, readPrompt, readWhole } from './read-answer.ts';
import { readScoreColumns } from './read-score-columns.ts';
import { blockedIn, type Row, valueIn } from './row.ts';
import { unwrapJson } from './unwrap-json.ts';

/** Ten thousand: more than are sampled for any prompt. The pairs of a turn grow with the square. */
export const MAX_ANSWERS_PER_RECORD = 10_000;

/** A row with one answer, or with a list of answers beside a list of scores. */
export function readListed(row: Row): Answers {
  const { response, messages, prompt } = row.places;
  const [inResponse, inMessages] = [row.find(response), row.find(messages)];
  const blocked =
    blockedIn('response', inResponse) ?? blockedIn('messages', inMessages) ?? blockedIn('prompt', row.find(prompt));
  if (blocked) return { rejected: blocked };
  const whole = unwrapJson(valueIn(inMessages));
  if (isListOfLists(whole)) return readList(row, whole, { pointers: messages, read: readWhole });
  const answer = valueIn(inResponse);
  const asked = row.readAsked() ?? readPrompt(whole);
  const list = listOfAnswers(row, answer);
  if (list) {
    const read = (entry: unknown): Answered =>
      entry === undefined || entry === null ? missing(entry) : readAnswered(asked, entry);
    return readList(row, list, { pointers: response, read });
  }
  const scores = readScoreColumns(row, undefined);
  if ('rejected' in scores) return scores;
  // Messages that end with the assistant's hold the answer; others are the prompt of one that has a place of its own.
  const isInMessages = whole !== undefined && (answer === undefined || holdsResponse(whole));
  const answered = isInMessages
    ? readWhole(whole)
    : answer === undefined
      ? missing(answer)
      : readAnswered(asked, row.unwrap(answer));
  return { answers: [{ answered, scores: scores.scores[0] ?? {}, at: undefined, record: row.scopes[0] }] };
}

function readList(
  row: Row,
  list: readonly unknown[],
  { pointers, read }: { readonly pointers: readonly JsonPointer[]; readonly read: (entry: unknown) => Answered },
): Answers {
  if (list.length === 0) return { rejected: lost('no_answers', 'its list of responses is empty') };
  if (list.length > MAX_ANSWERS_PER_RECORD) return tooManyAnswers(list.length);
  const scores = readScoreColumns(row, list.length);
  if ('rejected' in scores) return scores;
  const path = parsePointer(pointers.find((pointer) => valueIn(row.find([pointer])) !== undefined) ?? '');
  const listsBeside = Object.entries(row.scopes[0] ?? {}).filter(
    (entry): entry is [string, unknown[]] => Array.isArray(entry[1]) && entry[1].length === list.length,
  );
  const answerAt = (entry: unknown, at: number): Answer => ({
    answered: read(entry),
    scores: scores.scores[at] ?? {},
    at: [...path, at],
    record: elementsAt(listsBeside, at),
  });
  return { answers: list.map(answerAt) };
}

export const tooManyAnswers = (answers: number) => ({
  rejected: lost(
    'too_many_answers',
    `it holds ${answers} answers; at most ${MAX_ANSWERS_PER_RECORD} of one record are read`,
  ),
});

/** Any list beside a list of scores; without one, a list that is none of messages, or of the parts of one. */
function listOfAnswers(row: Row, answer: unknown): readonly unknown[] | undefined {
  const { score, namedScores } = row.places;
  const scored = [...score, ...namedScores.map(([, pointer]) => pointer)].some((pointer) =>
    Array.isArray(unwrapJson(valueIn(row.find([pointer])))),
  );
  const list = scored ? unwrapJson(answer) : answer;
  if (!Array.isArray(list)) return undefined;
  return scored || !(isMessageList(list) || textOfParts(list) !== undefined) ? list : undefined;
}

const isListOfLists = (found: unknown): found is readonly unknown[] =>
  Array.isArray(found) && found.length > 0 && found.every((entry) => Array.isArray(entry));

const missing = (found: unknown): Answered => ({
  rejected: lost('missing_response', `the response is ${kindOf(found)}`),
});

/** What is this answer's own in the lists beside it. */
const elementsAt = (lists: readonly (readonly [string, readonly unknown[]])[], at: number): JsonObject =>
  Object.fromEntries(lists.map(([key, list]) => [key, list[at]]));

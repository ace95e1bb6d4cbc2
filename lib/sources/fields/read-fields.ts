import { isNumber, isObject, type JsonObject, toDouble } from '../json/exact-json.ts';
import { kindOf } from '../json/kind-of.ts';
import { type JsonPointer, parsePointer, pointerTo } from '../json-pointer.ts';
import { joinKeys, readKey } from '../read-key.ts';
import { lost, PLAIN_CANDIDATE, type SourceCandidate, type SourceLoss } from '../source-candidate.ts';
import type { RecordReading } from '../source-format.ts';
import type { Answer, Answers } from './answer.ts';
import { type FieldChoices, type FieldPlaces, placesOf } from './field-choices.ts';
import { readBeside, readPair } from './judged-answers.ts';
import { MAX_ANSWERS_PER_RECORD, readListed, tooManyAnswers } from './listed-answers.ts';
import { blockedIn, type FieldRules, type Row, rowsOf, valueIn } from './row.ts';
import { unwrapJson } from './unwrap-json.ts';

/** Reads records by what holds their fields. */
export function fieldReader(choices: FieldChoices, rules: FieldRules = {}): (record: unknown) => RecordReading {
  const places = placesOf(choices);
  const openRow = rowsOf(places, rules);
  return (record) => {
    if (!isObject(record)) return { rejected: notAnObject(record) };
    return places.candidates.length > 0 ? readEntries(openRow, places, record) : readRow(openRow([record]));
  };
}

type OpenRow = ReturnType<typeof rowsOf>;

/** An entry that cannot be read takes no neighbour with it. */
function readEntries(openRow: OpenRow, places: FieldPlaces, record: JsonObject): RecordReading {
  const found = openRow([record]).find(places.candidates);
  const blocked = blockedIn('candidates', found);
  if (blocked) return { rejected: blocked };
  const list = unwrapJson(valueIn(found));
  if (!Array.isArray(list)) {
    return { rejected: lost('no_answers', `its candidates are ${kindOf(list)}, not a list`) };
  }
  if (list.length === 0) return { rejected: lost('no_answers', 'its list of candidates is empty') };
  if (list.length > MAX_ANSWERS_PER_RECORD) return tooManyAnswers(list.length);
  const path = parsePointer(places.candidates[0] ?? '');
  const candidates = list.flatMap((entry: unknown, at) => {
    const place = [...path, at];
    if (!isObject(entry)) return [lostAnswer(place, notAnObject(entry))];
    const read = readRow(openRow([entry, record]), place);
    return 'rejected' in read ? [lostAnswer(place, read.rejected)] : read.candidates;
  });
  return { candidates };
}

function readRow(row: Row, place: readonly (string | number)[] = []): RecordReading {
  const answers = readAnswers(row);
  const facts = readFacts(row);
  // Of a record that failed no answer is expected: it is a candidate that is lost by its own reason.
  if ('rejected' in answers)
    return 'loss' in facts && facts.loss ? { candidates: [{ ...facts, ...NO_ANSWER }] } : answers;
  if ('rejected' in facts) return facts;
  const [only, ...others] = answers.answers;
  if (only && others.length === 0 && !facts.loss && 'rejected' in only.answered) return only.answered;
  const ownFacts = others.length === 0 ? readOwnFacts(row, place) : undefined;
  return {
    candidates: answers.answers.map((answer, at) => ({
      ...facts,
      index: at,
      metadata: {},
      ...ownFacts,
      ...(place.length + (answer.at?.length ?? 0) > 0 && { at: pointerTo([...place, ...(answer.at ?? [])]) }),
      ...(answer.record !== undefined && { record: answer.record }),
      ...conversationOf(answer, facts.loss),
      scores: answer.scores,
    })),
  };
}

type Facts = Pick<SourceCandidate, 'group' | 'turnId' | 'id' | 'tools' | 'flags' | 'loss'>;

/** What holds for all answers of the row. */
export function readFacts(row: Row): Facts | { readonly rejected: SourceLoss } {
  const group = readGroup(row);
  if ('rejected' in group) return group;
  const tools = row.readTools();
  if ('rejected' in tools && !row.rules.customary?.has('tools')) return tools;
  const failed = valueIn(row.find(row.places.error));
  const flags = [
    ...(isTruncated(valueIn(row.find(row.places.truncated))) ? ['truncated'] : []),
    ...('rejected' in tools ? ['unread_tools'] : []),
  ];
  return {
    group: group.group,
    turnId: readKey(valueIn(row.find(row.places.turn))) ?? '0',
    id: readKey(valueIn(row.find(row.places.id))) ?? null,
    tools: 'rejected' in tools ? undefined : tools.tools,
    flags,
    loss: isFailure(failed)
      ? lost('error', `the record says that it failed: its error is ${kindOf(failed)}`)
      : undefined,
  };
}

/** What is of one answer alone: a row of several numbers them, and copies nothing to each. */
export const readOwnFacts = (
  row: Row,
  place: readonly (string | number)[],
): Pick<SourceCandidate, 'index' | 'metadata'> => ({
  index: readIndex(valueIn(row.find(row.places.index))) ?? (place.length > 0 ? Number(place.at(-1)) : undefined),
  metadata: readMetadata(row),
});

function readAnswers(row: Row): Answers {
  const { chosen, rejected: other, responsesBeside } = row.places;
  if (chosen.length > 0 && other.length > 0) return readPair(row);
  const beside = responsesBeside.find((pointers) => 'value' in row.find(pointers));
  return beside ? readBeside(row, beside) : readListed(row);
}

const conversationOf = (
  { answered }: Answer,
  error: SourceLoss | undefined,
): Pick<SourceCandidate, 'conversation' | 'loss'> =>
  'rejected' in answered
    ? { conversation: NO_CONVERSATION, loss: error ?? answered.rejected }
    : { conversation: answered.conversation, loss: error ?? answered.loss };

const lostAnswer = (place: readonly (string | number)[], loss: SourceLoss): SourceCandidate => ({
  ...PLAIN_CANDIDATE,
  at: pointerTo(place),
  conversation: NO_CONVERSATION,
  scores: {},
  loss,
});

const NO_CONVERSATION = { kind: 'text', prompt: '', response: '', rendered: false } as const;
const NO_ANSWER = { index: 0, metadata: {}, conversation: NO_CONVERSATION, scores: {} };
const notAnObject = (found: unknown): SourceLoss => lost('not_an_object', `it is ${kindOf(found)}, not an object`);

function readGroup(row: Row): { readonly group: string | undefined } | { readonly rejected: SourceLoss } {
  for (const pointers of row.places.group) {
    const parts: string[] = [];
    for (const pointer of pointers) {
      const part = readGroupPart(row, pointer);
      if (typeof part === 'object' && !row.rules.customary?.has('group')) return { rejected: part };
      if (typeof part === 'string') parts.push(part);
    }
    const [only, ...others] = parts;
    if (only !== undefined && parts.length === pointers.length)
      return { group: others.length === 0 ? only : joinKeys(parts) };
    if (!row.rules.customary?.has('group')) {
      return { rejected: lost('missing_group', `it has nothing at ${pointers.join(', ')}`) };
    }
  }
  return { group: undefined };
}

/** An entry and its record may both say it, but not differently. */
function readGroupPart(row: Row, pointer: JsonPointer): string | SourceLoss | undefined {
  let part: string | undefined;
  for (const scope of row.scopes) {
    const reached = row.find([pointer], [scope]);
    const blocked = blockedIn('group', reached);
    if (blocked) return blocked;
    const found = valueIn(reached);
    if (found === undefined) continue;
    const key = readKey(found);
    if (key === undefined)
      return lost('invalid_group', `${pointer} holds ${kindOf(found)}; it must be text or a number`);
    if (part !== undefined && part !== key) return lost('two_groups', `an answer and its record differ at ${pointer}`);
    part = key;
  }
  return part;
}

const readIndex = (found: unknown): number | undefined => {
  const index = isNumber(found) ? toDouble(found) : Number(readKey(found) ?? Number.NaN);
  return Number.isSafeInteger(index) ? index : undefined;
};

/** Of an entry only its own: the record's would be copied to each. */
function readMetadata(row: Row): Readonly<Record<string, unknown>> {
  const found = unwrapJson(valueIn(row.find(row.places.metadata, row.scopes.slice(0, 1))));
  return isObject(found) ? found : {};
}

const isFailure = (found: unknown): boolean => {
  if (found === undefined || found === false || found === '') return false;
  if (isNumber(found)) return toDouble(found) !== 0;
  if (Array.isArray(found)) return found.length > 0;
  return isObject(found) ? Object.keys(found).length > 0 : true;
};

/** True, or the reason that the model's answer ended. */
const isTruncated = (found: unknown): boolean =>
  found === true ||
  (typeof found === 'string' && /^(?:true|length|max_tokens|max_output_tokens|truncated)$/i.test(found.trim()));

import { asRows } from '../fields/as-rows.ts';
import { MAX_ANSWERS_PER_RECORD, tooManyAnswers } from '../fields/listed-answers.ts';
import { looksRendered } from '../fields/looks-rendered.ts';
import { isBlank } from '../json/blank-text.ts';
import { isObject, type JsonObject } from '../json/exact-json.ts';
import { memberOf } from '../json/members.ts';
import { readScore } from '../read-score.ts';
import { lost, PLAIN_CANDIDATE, type SourceCandidate, type SourceScore } from '../source-candidate.ts';
import { everyRecord, type RecordFormat, type RecordReading } from '../source-format.ts';

/**
 * UltraFeedback: an instruction and the completions of several models, rated by aspect. Each completion was asked for with
 * a system prompt of its own, which is left out, as TRL leaves it out. An instruction may recur: the record is the group.
 */
export const ultrafeedback: RecordFormat = asRows(
  {
    kind: 'records',
    name: 'ultrafeedback',
    holds: 'answers',
    defaultScore: 'overall_score',
    scattered: false,
    detect: everyRecord(
      (record) =>
        typeof record.instruction === 'string' &&
        Array.isArray(record.completions) &&
        record.completions.every((completion) => isObject(memberOf(completion, 'annotations'))),
    ),
    read,
  },
  ['completions'],
);

function read(record: unknown): RecordReading {
  if (!isObject(record) || typeof record.instruction !== 'string') {
    return { rejected: lost('missing_prompt', 'it has no instruction') };
  }
  const { instruction, completions } = record;
  if (!Array.isArray(completions)) return { rejected: lost('no_answers', 'it has no list of completions') };
  if (completions.length > MAX_ANSWERS_PER_RECORD) return tooManyAnswers(completions.length);
  const rendered = looksRendered(instruction);
  return { candidates: completions.map((completion, at) => readCompletion({ instruction, rendered }, completion, at)) };
}

function readCompletion(
  { instruction, rendered }: { readonly instruction: string; readonly rendered: boolean },
  found: unknown,
  at: number,
): SourceCandidate {
  const completion = isObject(found) ? found : {};
  const response = typeof completion.response === 'string' ? completion.response : '';
  return {
    ...PLAIN_CANDIDATE,
    index: at,
    at: `/completions/${at}`,
    conversation: { kind: 'text', prompt: instruction, response, rendered },
    scores: readScores(completion),
    record: completion,
    loss: isBlank(response) ? lost('empty_response', 'its response is empty or not text') : undefined,
    metadata: typeof completion.model === 'string' ? { model: completion.model } : {},
  };
}

/** A rating is text, and `N/A` where nobody rated. */
function readScores(completion: JsonObject): Readonly<Record<string, SourceScore>> {
  const annotations = Object.entries(isObject(completion.annotations) ? completion.annotations : {});
  const ratings = annotations.map(([aspect, annotation]) => [
    aspect,
    readRating(memberOf(annotation, 'Rating'), aspect),
  ]);
  const overall = ['overall_score', 'fine-grained_score'].map((name) => [name, readScore(completion[name], name)]);
  return Object.fromEntries([...ratings, ...overall]);
}

const readRating = (rating: unknown, aspect: string): SourceScore =>
  rating === 'N/A' ? { loss: lost('missing_score', `the rating of ${aspect} is N/A`) } : readScore(rating, aspect);

import { NatKeys } from '../../contract/nat-keys.ts';
import type { Message } from '../../contract/trajectory.ts';
import { WorkflowFailureLine } from '../../contract/workflow.ts';
import { splitConversation } from '../conversation.ts';
import { folderOf } from '../folders.ts';
import { isBlank } from '../json/blank-text.ts';
import { isObject, type JsonObject } from '../json/exact-json.ts';
import { kindOf } from '../json/kind-of.ts';
import { listOf, memberOf } from '../json/members.ts';
import { textOf } from '../json/text-of.ts';
import { readKey } from '../read-key.ts';
import { readScore } from '../read-score.ts';
import { lost, PLAIN_CANDIDATE, type SourceCandidate, type SourceLoss, type SourceScore } from '../source-candidate.ts';
import type { AssembledFormat, PlacedReading, PlacedRecord, RecordPlace } from '../source-format.ts';
import { nameOf } from './nat/evaluation-folder.ts';
import { readExampleId } from './nat/trace-item.ts';

/**
 * An evaluation of NAT without instrumentation: the answers of `workflow_output.json`, with the scores that evaluators gave
 * them in `<evaluator>_output.json` beside it. Repetitions compete (`nat eval --reps`: `X_rep0`, `X_rep1`, …). Scores in a
 * folder without answers are for the answers of that id wherever they are: those of a live workflow, say, evaluated later.
 */
export const natEval = (keys: NatKeys = NatKeys.parse({})): AssembledFormat => ({
  kind: 'assembled',
  name: 'nat_eval',
  holds: 'conversations',
  scattered: true,
  detect: ({ records }) =>
    records.length > 0 &&
    (records.every(isEvaluatorOutput) ||
      records.every((record) => isAnsweredItem(record, keys) || isFailedItem(record)))
      ? 'sure'
      : 'no',
  assemble: (records) => assemble(records, keys),
});

type EvaluatorOutput = JsonObject & { readonly eval_output_items: readonly unknown[] };

const isEvaluatorOutput = (record: unknown): record is EvaluatorOutput =>
  isObject(record) && Array.isArray(record.eval_output_items);

const isAnsweredItem = (record: unknown, keys: NatKeys): boolean =>
  isObject(record) &&
  keys.id_key in record &&
  keys.generated_answer_key in record &&
  Array.isArray(record[keys.trajectory_key]);

/** A live workflow that gave no answer. */
const isFailedItem = (record: unknown): boolean => WorkflowFailureLine.safeParse(record).success;

function* assemble(records: Iterable<PlacedRecord>, keys: NatKeys): Iterable<PlacedReading> {
  const items: Item[] = [];
  const scores: JoinedScore[] = [];
  for (const { record, place } of records) {
    if (isEvaluatorOutput(record)) {
      scores.push(...record.eval_output_items.map((item) => readJudgement(item, place)));
    } else {
      const item = readItem(record, place, keys);
      if ('loss' in item) yield { place, rejected: item.loss };
      else items.push(item);
    }
  }
  const find = itemFinder(items);
  const scoresOf = Map.groupBy(scores, find);
  for (const item of items) {
    const found = scoresOf.get(item.key) ?? [];
    scoresOf.delete(item.key);
    yield { place: item.place, candidate: toCandidate(item, found, keys) };
  }
  for (const [first] of scoresOf.values()) {
    if (first) yield { place: first.place, rejected: first.loss ?? WITHOUT_ANSWER };
  }
}

interface Item {
  /** The folder, and the id in it: what answers and scores are joined by. */
  readonly key: string;
  readonly id: string;
  readonly record: JsonObject;
  readonly place: RecordPlace;
}

/** The key of the item that a score is for. */
function itemFinder(items: readonly Item[]): (score: JoinedScore) => string {
  const folders = new Set(items.map(({ place }) => folderOf(place.key)));
  const byId = Map.groupBy(items, ({ id }) => id);
  return ({ key, id, place }) => {
    if (folders.has(folderOf(place.key))) return key;
    const [only, ...others] = byId.get(id) ?? [];
    return only && others.length === 0 ? only.key : key;
  };
}

function readItem(record: unknown, place: RecordPlace, keys: NatKeys): Item | { readonly loss: SourceLoss } {
  if (!isObject(record)) return { loss: lost('not_an_object', `it is ${kindOf(record)}, not an object`) };
  const failed = WorkflowFailureLine.safeParse(record);
  if (failed.success) return { loss: failed.data.workflow_run.failure };
  const id = readExampleId(Object.hasOwn(record, keys.id_key) ? record[keys.id_key] : undefined);
  if (!id) return { loss: lost('missing_id', `it has no text or number as its "${keys.id_key}"`) };
  return { key: keyOf(place, id.text), id: id.text, record, place };
}

interface JoinedScore {
  readonly key: string;
  readonly id: string;
  readonly evaluator: string;
  readonly score: SourceScore;
  readonly place: RecordPlace;
  /** Why it is none of an item's. */
  readonly loss: SourceLoss | undefined;
}

function readJudgement(found: unknown, place: RecordPlace): JoinedScore {
  const evaluator = nameOf(place.key).replace(/_output\.json(?:\.gz)?$/, '');
  const item = isObject(found) ? found : {};
  const id = readExampleId(item.id);
  const loss = id ? undefined : lost('missing_id', 'an item of the evaluator has no text or number as its "id"');
  const { text } = id ?? { text: '' };
  return { key: keyOf(place, text), id: text, evaluator, score: scoreOf(item, evaluator), place, loss };
}

/** NAT's evaluators report an error as such, or with a score of 0 and the error as the reasoning. */
function scoreOf({ score, error, reasoning }: JsonObject, evaluator: string): SourceScore {
  const failed = (error !== undefined && error !== null) || typeof memberOf(reasoning, 'error') === 'string';
  return failed
    ? { loss: lost('evaluator_error', `${evaluator} reports an error in place of a score`) }
    : readScore(score, `the score of ${evaluator}`);
}

const keyOf = ({ key }: RecordPlace, id: string): string => JSON.stringify([folderOf(key), id]);

function toCandidate({ id, record }: Item, scores: readonly JoinedScore[], keys: NatKeys): SourceCandidate {
  const [, example, repetition] = /^(.*)_rep(\d+)$/s.exec(id) ?? [];
  const question: Message = { role: 'user', content: textOf(record[keys.question_key]) };
  const answer = textOf(record[keys.generated_answer_key]);
  return {
    ...PLAIN_CANDIDATE,
    group: example ?? id,
    index: repetition === undefined ? undefined : Number(repetition),
    id,
    conversation: splitConversation([question], [...stepsOf(record[keys.trajectory_key]), ...said(answer)]),
    scores: Object.fromEntries(scores.map(({ evaluator, score }) => [evaluator, score])),
    record,
    loss: isBlank(answer) ? lost('no_answer', `its "${keys.generated_answer_key}" is empty`) : undefined,
  };
}

/** What the agent did on its way: calls of tools with their results. What models said in between is part of no message. */
function stepsOf(found: unknown): readonly Message[] {
  return listOf(found).flatMap((step, at): readonly Message[] => {
    const payload = memberOf(step, 'payload');
    if (memberOf(payload, 'event_type') !== 'TOOL_END') return [];
    const id = readKey(memberOf(payload, 'UUID')) ?? `call_${at}`;
    const called = {
      name: readKey(memberOf(payload, 'name')) ?? 'tool',
      arguments: textOf(memberOf(payload, 'data', 'input')),
    };
    return [
      { role: 'assistant', content: '', tool_calls: [{ id, type: 'function', function: called }] },
      { role: 'tool', tool_call_id: id, content: textOf(memberOf(payload, 'data', 'output')) },
    ];
  });
}

const said = (answer: string): readonly Message[] => (isBlank(answer) ? [] : [{ role: 'assistant', content: answer }]);

const WITHOUT_ANSWER = lost(
  'score_without_answer',
  'the id that the evaluator scored has no answer in its folder, and other folders have none or several',
);

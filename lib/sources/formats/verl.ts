import { hash } from 'node:crypto';
import { fieldReader } from '../fields/read-fields.ts';
import { isObject } from '../json/exact-json.ts';
import { joinKeys, readKey } from '../read-key.ts';
import { lost, type SourceCandidate } from '../source-candidate.ts';
import { type AssembledFormat, everyRecord, type PlacedReading, type PlacedRecord } from '../source-format.ts';

/**
 * verl's dump of its generations, a file per step: a prompt decoded without its special tokens, an answer, a score. Where
 * a rollout has several outputs, each is a row and `uid` is `{prompt}_{session}_{output}`: the last output is the answer,
 * and only all rows together tell which that is.
 */
export const verl: AssembledFormat = {
  kind: 'assembled',
  name: 'verl',
  holds: 'answers',
  defaultScore: 'score',
  scattered: true,
  detect: everyRecord(
    (record) =>
      typeof record.input === 'string' && typeof record.output === 'string' && 'score' in record && 'step' in record,
  ),
  assemble,
};

const readRow = fieldReader(
  { prompt: ['/input'], response: ['/output'], score: ['/score'], id: ['/uid'] },
  { rendered: true, customary: new Set(['id']) },
);

function* assemble(records: Iterable<PlacedRecord>): Iterable<PlacedReading> {
  const rows: {
    readonly candidate: SourceCandidate;
    readonly place: PlacedRecord['place'];
    readonly output: Output | undefined;
  }[] = [];
  const lastOf = new Map<string, number>();
  for (const { record, place } of records) {
    const reading = readRow(record);
    if ('rejected' in reading) {
      yield { place, rejected: reading.rejected };
      continue;
    }
    for (const candidate of reading.candidates) {
      const output = outputOf(record);
      if (output) lastOf.set(output.session, Math.max(output.number, lastOf.get(output.session) ?? 0));
      rows.push({ candidate: { ...candidate, group: groupOf(record) }, place, output });
    }
  }
  for (const { candidate, place, output } of rows) {
    const last = output && lastOf.get(output.session);
    yield { place, candidate: output && last !== output.number ? superseded(candidate, last) : candidate };
  }
}

/** The prompts of a step that are the same text. */
const groupOf = (record: unknown): string | undefined =>
  isObject(record)
    ? joinKeys([readKey(record.step) ?? '', hash('sha256', JSON.stringify(record.input), 'hex').slice(0, 16)])
    : undefined;

interface Output {
  readonly session: string;
  readonly number: number;
}

/** Undefined where a rollout has one row. A step may be repeated with the same ids. */
function outputOf(record: unknown): Output | undefined {
  if (!isObject(record) || typeof record.uid !== 'string') return undefined;
  const [, session, number] = /^(.+_\d+)_(\d+)$/s.exec(record.uid) ?? [];
  return session === undefined
    ? undefined
    : { session: joinKeys([readKey(record.step) ?? '', session]), number: Number(number) };
}

const superseded = (candidate: SourceCandidate, last: number | undefined): SourceCandidate => ({
  ...candidate,
  loss: candidate.loss ?? lost('not_final_output', `a later output of its rollout is the answer (number ${last})`),
});

import type { ContainerSlice } from '../../contract/plan.ts';
import type { ScoreChoice } from '../../contract/score-choice.ts';
import type { SourceCandidate } from '../../sources/source-candidate.ts';
import type { JoinedEntries, SourceFormat } from '../../sources/source-format.ts';
import type { Deps } from '../deps.ts';
import { type RecordSpan, readRecords } from './read-records.ts';
import type { SampledObject } from './sample-object.ts';

interface Source {
  readonly format: SourceFormat;
  readonly objects: readonly SampledObject[];
  readonly joins: readonly JoinedEntries[];
}

/**
 * Names of the scores that the first candidates have. Of a source that joins records, scores may lie anywhere: it is read
 * up to READ_BYTES where the request names none, and not at all where it names one.
 */
export async function findScores(
  { format, objects, joins }: Source,
  asked: ScoreChoice | undefined,
  deps: Deps,
): Promise<readonly string[]> {
  const slices = objects.flatMap(({ slice }) => slice ?? []);
  if (format.kind === 'assembled') {
    const bytes = slices.reduce((sum, { object_bytes }) => sum + object_bytes, 0);
    if (asked !== undefined || bytes > READ_BYTES) return [];
    const records = await placedRecords(readRecords(slices, format, deps));
    return namesOf(
      [...format.assemble(records)].flatMap((reading) => ('candidate' in reading ? [reading.candidate] : [])),
    );
  }
  const first = joins.slice(0, MOST_CANDIDATES);
  const joined = joins.length > 0 ? { ...format, joinEntries: () => first } : format;
  const candidates: SourceCandidate[] = [];
  for await (const span of readRecords(joins.length > 0 ? slices : firstOf(slices), joined, deps)) {
    const reading = 'record' in span ? format.read(span.record) : undefined;
    if (reading && 'candidates' in reading) candidates.push(...reading.candidates);
    if (candidates.length >= MOST_CANDIDATES) break;
  }
  return namesOf(candidates);
}

const READ_BYTES = 67_108_864;
const MOST_CANDIDATES = 50;
/** Of many small objects (a trial each), some are enough. */
const firstOf = (slices: readonly ContainerSlice[]) => slices.slice(0, MOST_CANDIDATES);

async function placedRecords(spans: AsyncIterable<RecordSpan>) {
  const records: { readonly record: unknown; readonly place: RecordSpan['place'] }[] = [];
  for await (const span of spans) if ('record' in span) records.push({ record: span.record, place: span.place });
  return records;
}

const namesOf = (candidates: readonly SourceCandidate[]): readonly string[] => [
  ...new Set(candidates.flatMap(({ scores }) => Object.keys(scores))),
];

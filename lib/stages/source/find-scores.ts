import type { ScoreChoice } from '../../contract/score-choice.ts';
import type { PlacedReading } from '../../sources/source-format.ts';
import type { Deps } from '../deps.ts';
import { type RecordCount, readCandidates } from './read-candidates.ts';
import { readRecords } from './read-records.ts';
import type { FoundRecords } from './resolve-source.ts';

/**
 * Names of the scores that the first candidates have. Of a source that joins records, scores may lie anywhere: it is read
 * up to READ_BYTES where the request names none, and not at all where it names one.
 */
export async function findScores(
  { format, objects, joins }: FoundRecords,
  asked: ScoreChoice | undefined,
  deps: Deps,
): Promise<readonly string[]> {
  const slices = objects.flatMap(({ slice }) => slice ?? []);
  if (format.kind === 'assembled') {
    const bytes = slices.reduce((sum, { object_bytes }) => sum + object_bytes, 0);
    return asked !== undefined || bytes > READ_BYTES
      ? []
      : namesIn(readCandidates(readRecords(slices, format, deps), format, UNCOUNTED), Number.POSITIVE_INFINITY);
  }
  const first = joins.slice(0, MOST_CANDIDATES);
  const joined = joins.length > 0 ? { ...format, joinEntries: () => first } : format;
  // Of many small objects (a trial each), some are enough.
  const spans = readRecords(joins.length > 0 ? slices : slices.slice(0, MOST_CANDIDATES), joined, deps);
  return namesIn(readCandidates(spans, format, UNCOUNTED), MOST_CANDIDATES);
}

const READ_BYTES = 67_108_864;
const MOST_CANDIDATES = 50;
const UNCOUNTED: RecordCount = { countItem: () => {}, countUnused: () => {} };

/** Of the scores of the first so many candidates. */
async function namesIn(readings: AsyncIterable<PlacedReading>, most: number): Promise<readonly string[]> {
  const names = new Set<string>();
  let candidates = 0;
  for await (const reading of readings) {
    if (!('candidate' in reading)) continue;
    for (const name of Object.keys(reading.candidate.scores)) names.add(name);
    candidates += 1;
    if (candidates >= most) break;
  }
  return [...names];
}

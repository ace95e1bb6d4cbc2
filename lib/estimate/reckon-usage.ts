import type { RunSeconds, RunWork } from './reckon-seconds.ts';
import type { RunPlace } from './run-place.ts';

/** What AWS bills. */
export interface RunUsage {
  /** Memory of functions times their seconds. */
  readonly gibSeconds: number;
  readonly stateTransitions: number;
  readonly reads: number;
  readonly writes: number;
}

type Billed = Pick<RunPlace, 'stepMemoryMb' | 'chooseMemoryMb' | 'readBytes' | 'writeBytes'>;

/** Without what is small beside it: cold starts, single requests, logs. */
export function reckonUsage(
  work: RunWork,
  { group, build, choose, write, finalize }: RunSeconds,
  place: Billed,
): RunUsage {
  const { inputs, shards, groupingTasks, bytes, textBytes, collectionBytes, datasetBytes, formats } = work;
  const grouped = groupingTasks > 0 ? textBytes : 0;
  const functionSeconds = groupingTasks * group.child + shards * (build.child + write.child) + finalize;
  return {
    gibSeconds: functionSeconds * (place.stepMemoryMb / 1024) + choose * (place.chooseMemoryMb / 1024),
    // A child's start counts, and its function.
    stateTransitions: 2 * (groupingTasks + shards * (formats > 0 ? 2 : 1)),
    // A bucket of grouped candidates is read as a region of each task's object.
    reads: inputs + groupingTasks * shards + (bytes + grouped + (formats > 0 ? collectionBytes : 0)) / place.readBytes,
    writes: (grouped + collectionBytes + datasetBytes) / place.writeBytes + (groupingTasks + shards) * SMALL_WRITES,
  };
}

/** Objects of a shard that are small: rejected lines, pair index, samples, summary, decisions. */
const SMALL_WRITES = 5;

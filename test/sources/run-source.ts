import type { ObjectStore } from '../../lib/objects/store.ts';
import { memoryDeps, type RunResult, runSteps } from '../support/run.ts';

export interface RunSettings {
  readonly source?: object;
  readonly builder?: object;
  readonly limits?: object;
}

/** A whole run over everything in the store, which writes no dataset. */
export const runSource = (traces: ObjectStore, { source, builder, limits }: RunSettings = {}): Promise<RunResult> =>
  runSteps(
    {
      source: { traces: { bucket: 'traces', prefix: '' }, ...source },
      builder: builder ?? {},
      dataset: { formats: [] },
      limits: { max_rejected_fraction: 1, allow_empty: true, ...limits },
    },
    memoryDeps(traces),
  );

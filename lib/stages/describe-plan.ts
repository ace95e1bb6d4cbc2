import type { Slice } from '../contract/plan.ts';
import type { Request } from '../contract/request.ts';
import type { EvaluateOutput } from '../contract/states.ts';
import { wantedDatasets } from '../datasets/wanted-datasets.ts';
import { runKeys } from '../objects/keys.ts';
import type { CeilingDeps } from './below-ceiling.ts';
import type { Deps } from './deps.ts';
import { maxConcurrencyOf } from './max-concurrency.ts';

export interface PlanSize {
  readonly status: EvaluateOutput['status'];
  readonly shards: number;
  /** Of a scattered source, tasks of GroupCandidates. */
  readonly grouping?: number;
  readonly inputs: readonly { readonly bytes: number }[];
}

/** A plan as it goes from state to state. */
export const describePlan = (
  { run_id, limits, dataset }: Pick<Request, 'run_id' | 'limits' | 'dataset'>,
  { status, shards, grouping = 0, inputs }: PlanSize,
  deps: Pick<Deps, 'collectionsBucket'> & CeilingDeps,
): EvaluateOutput => ({
  run_id,
  status,
  plan: { bucket: deps.collectionsBucket, key: runKeys(run_id).plan },
  shards,
  ...(grouping > 0 && { grouping: { key: runKeys(run_id).groupingTasks, tasks: grouping } }),
  inputs: inputs.length,
  input_bytes: inputs.reduce((sum, { bytes }) => sum + bytes, 0),
  max_concurrency: maxConcurrencyOf(limits, deps),
  datasets: wantedDatasets({ dataset }),
});

/** The trace objects that tasks read, each once. */
export function inputsOf(tasks: readonly { readonly slices: readonly Slice[] }[]): readonly { bytes: number }[] {
  const inputs = new Map<string, { bytes: number }>();
  for (const { slices } of tasks) {
    for (const { bucket, key, object_bytes: bytes } of slices) inputs.set(JSON.stringify([bucket, key]), { bytes });
  }
  return [...inputs.values()];
}

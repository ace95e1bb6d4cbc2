import { type Shard, Shards } from '../contract/plan.ts';
import { RunSource } from '../contract/run-source.ts';
import { runKeys } from '../objects/keys.ts';
import { readJson } from '../objects/stored-json.ts';
import type { Deps } from './deps.ts';

export interface Plan {
  readonly shards: readonly Shard[];
  /** Of a scattered source, the tasks that group its candidates; empty of any other. */
  readonly grouping: readonly Shard[];
  /** Undefined where the traces are NAT's, or adjacent candidate lines. */
  readonly source: RunSource | undefined;
}

export async function readPlan(runId: string, { collections }: Pick<Deps, 'collections'>): Promise<Plan> {
  const keys = runKeys(runId);
  const shards = await readJson(collections, keys.plan, Shards);
  const [first] = shards;
  return {
    shards,
    grouping: first?.bucket ? await readJson(collections, keys.grouping, Shards) : [],
    source: first && readsRecords(first) ? await readJson(collections, keys.source, RunSource) : undefined,
  };
}

/** All shards of a run are of one source. */
export const readsRecords = ({ bucket, slices }: Shard): boolean =>
  bucket !== undefined || slices[0]?.cut === 'container';

import { type Shard, Shards } from '../contract/plan.ts';
import { runKeys } from '../objects/keys.ts';
import { readJson } from '../objects/stored-json.ts';
import type { Deps } from './deps.ts';

export interface Plan {
  readonly shards: readonly Shard[];
  /** Of a scattered source, the tasks that group its candidates; empty of any other. */
  readonly grouping: readonly Shard[];
}

export async function readPlan(runId: string, { collections }: Pick<Deps, 'collections'>): Promise<Plan> {
  const keys = runKeys(runId);
  const shards = await readJson(collections, keys.plan, Shards);
  const isScattered = shards[0]?.bucket !== undefined;
  return { shards, grouping: isScattered ? await readJson(collections, keys.grouping, Shards) : [] };
}

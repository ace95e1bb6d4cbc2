import { type Shard, Shards } from '../../lib/contract/plan.ts';
import type { ObjectStore } from '../../lib/objects/store.ts';
import { readJson } from '../../lib/objects/stored-json.ts';
import { buildShard } from '../../lib/stages/build-shard/build-shard.ts';
import { type ChooseDeps, choose } from '../../lib/stages/choose.ts';
import { evaluate } from '../../lib/stages/evaluate.ts';
import { writeDatasets } from '../../lib/stages/write-datasets.ts';
import { memoryStore } from '../support/memory-store.ts';
import { memoryDeps, type RunDeps } from '../support/run.ts';
import { putTraces, type RunShape, requestOf } from './traces.ts';

/** A run over traces whose shards are built. */
export interface BuiltRun {
  readonly shards: readonly Shard[];
  readonly collections: ReturnType<typeof memoryStore>;
  readonly deps: RunDeps & ChooseDeps;
}

export async function builtRun(shape: RunShape): Promise<BuiltRun> {
  const [traces, collections] = [memoryStore('traces'), memoryStore('collections')];
  await putTraces(traces, shape.answer);
  const deps = depsOver(collections, traces);
  const { plan } = await evaluate({ execution: 'run', input: requestOf(shape) }, deps);
  const shards = await readJson(collections, plan.key, Shards);
  for (const shard of shards) await buildShard({ run_id: 'run', shard, shards: shards.length }, deps);
  return { shards, collections, deps };
}

/** The same, its datasets chosen. */
export async function chosenRun(shape: RunShape): Promise<BuiltRun> {
  const run = await builtRun(shape);
  await choose({ run_id: 'run' }, run.deps);
  return run;
}

/** The same, its datasets written: only Finalize is left. */
export async function writtenRun(shape: RunShape): Promise<BuiltRun> {
  const run = await chosenRun(shape);
  for (const { ordinal } of run.shards) await writeDatasets({ run_id: 'run', ordinal }, run.deps);
  return run;
}

export const depsOver = (collections: ObjectStore, traces?: ObjectStore): BuiltRun['deps'] => ({
  ...memoryDeps(traces, collections),
  memoryBytes: 2 ** 30,
});

/** A store of its own with the same objects. */
export function copyOf({ objects }: BuiltRun['collections']): BuiltRun['collections'] {
  const copy = memoryStore('collections');
  for (const [key, bytes] of objects) copy.objects.set(key, bytes);
  return copy;
}

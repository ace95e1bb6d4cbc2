import { describe, expect, test } from 'vitest';
import { Shards } from '../../lib/contract/plan.ts';
import { runKeys } from '../../lib/objects/keys.ts';
import type { ObjectStore } from '../../lib/objects/store.ts';
import { readJson } from '../../lib/objects/stored-json.ts';
import { buildShard } from '../../lib/stages/build-shard/build-shard.ts';
import { choose } from '../../lib/stages/choose.ts';
import { evaluate } from '../../lib/stages/evaluate.ts';
import { finalize } from '../../lib/stages/finalize/finalize.ts';
import { writeDatasets } from '../../lib/stages/write-datasets.ts';
import { memoryStore } from '../support/memory-store.ts';
import { memoryDeps } from '../support/run.ts';
import { builtRun, chosenRun, depsOver, writtenRun } from './built-run.ts';
import { full, putTraces, type RunShape, requestOf } from './traces.ts';

const KEYS = runKeys('run');
const THE_COLLECTION = /collection\.jsonl$/;
const AN_INDEX = /pairs\.bin$/;

/** The store, and every key that is read of it. A key that must not be read ends the state at once. */
function watched(store: ObjectStore, forbidden?: RegExp) {
  const read: string[] = [];
  const watching: ObjectStore = {
    ...store,
    async *read(key, options) {
      if (forbidden?.test(key)) throw new Error(`${key} was read`);
      read.push(key);
      yield* store.read(key, options);
    },
  };
  return { store: watching, read };
}

const times = (read: readonly string[], key: string): number => read.filter((one) => one === key).length;

describe.each([
  ['every format', full('strict')],
  ['none', { ...full('strict'), formats: [] } satisfies RunShape],
])('of a run that writes %s,', (_, shape) => {
  test('Evaluate and BuildShard read nothing that a shard wrote', async () => {
    const [traces, collections] = [memoryStore('traces'), watched(memoryStore('collections'), /\/shards\//)];
    await putTraces(traces);
    const deps = memoryDeps(traces, collections.store);
    const { shards } = await evaluate({ execution: 'run', input: requestOf(shape) }, deps);
    const plan = await readJson(collections.store, KEYS.plan, Shards);
    for (const shard of plan) await buildShard({ run_id: 'run', shard, shards }, deps);
    expect(collections.read).toContain(KEYS.request);
  });

  test('Finalize reads no part of the collection, and not the collection', async () => {
    const run = shape.formats.length > 0 ? await writtenRun(shape) : await builtRun(shape);
    const { store, read } = watched(run.collections, THE_COLLECTION);
    expect(await finalize({ run_id: 'run' }, depsOver(store))).toMatchObject({ status: 'committed' });
    expect(read.filter((key) => AN_INDEX.test(key))).toEqual([]);
    for (const { ordinal } of run.shards) expect(times(read, KEYS.shard(ordinal).summary)).toBe(1);
    // A committed run is reported by its manifest.
    const again = watched(run.collections, /\/shards\/|\.jsonl$/);
    expect(await finalize({ run_id: 'run' }, depsOver(again.store))).toMatchObject({ status: 'committed' });
  });
});

test('Choose reads every pair index once, and neither the traces nor a text of the collection', async () => {
  const run = await builtRun(full('strict'));
  const { store, read } = watched(run.collections, THE_COLLECTION);
  const traces = watched(memoryStore('traces'), /./);
  await choose({ run_id: 'run' }, depsOver(store, traces.store));
  const withPairs = run.shards.filter(
    ({ ordinal }) => (run.collections.objects.get(KEYS.shard(ordinal).index)?.length ?? 0) > 0,
  );
  expect(withPairs.length).toBeGreaterThan(3);
  for (const { ordinal } of withPairs) expect(times(read, KEYS.shard(ordinal).index)).toBe(1);
});

test('WriteDatasets reads what its own shard has, each once, and nothing of another shard', async () => {
  const run = await chosenRun(full('strict'));
  for (const { ordinal } of run.shards) {
    const { store, read } = watched(run.collections);
    const traces = watched(memoryStore('traces'), /./);
    await writeDatasets({ run_id: 'run', ordinal }, depsOver(store, traces.store));
    const { collection, index, summary } = KEYS.shard(ordinal);
    const pairs = (run.collections.objects.get(index)?.length ?? 0) > 0;
    for (const key of [collection, index]) expect(times(read, key)).toBe(pairs ? 1 : 0);
    const allowed = [collection, index, summary, KEYS.request, KEYS.choice.facts, KEYS.choice.decisions(ordinal)];
    expect(read.filter((key) => !allowed.includes(key))).toEqual([]);
  }
});

import { expect, test } from 'vitest';
import { RunFailure } from '../../lib/contract/failure.ts';
import { Shards } from '../../lib/contract/plan.ts';
import { StoreRefused, StoreUnavailable } from '../../lib/errors.ts';
import { runKeys } from '../../lib/objects/keys.ts';
import type { ObjectStore } from '../../lib/objects/store.ts';
import { readJson } from '../../lib/objects/stored-json.ts';
import { faultyStore } from '../support/faulty-store.ts';
import { memoryStore } from '../support/memory-store.ts';
import { committedRun, memoryDeps } from '../support/run.ts';
import { execute } from '../support/state-machine-run.ts';

const keys = runKeys('r');
const request = {
  run_id: 'r',
  source: { traces: { bucket: 'traces', key: 'traces.jsonl' } },
  limits: { shard_bytes: 1024 },
};

/** Some twenty items in several shards. */
async function traces(): Promise<ObjectStore> {
  const store = memoryStore('traces');
  const candidate = (turn: number, index: number) => ({
    payload: {
      event_type: 'TTC_END',
      name: 'dpo_candidate_move',
      data: {
        turn_id: `t${turn}`,
        turn_index: turn,
        candidate_index: index,
        score: index,
        input: 'q',
        output: `a${index}`,
      },
    },
  });
  const items = Array.from({ length: 20 }, (_, id) => ({
    id,
    intermediate_steps: [candidate(id, 0), candidate(id, 1)],
  }));
  await store.create('traces.jsonl', Buffer.from(items.map((item) => `${JSON.stringify(item)}\n`).join('')));
  return store;
}

/** Refuses every write of this shard by this error. */
function refusing(store: ObjectStore, ordinal: number, error: Error): ObjectStore {
  const folder = keys.shard(ordinal).summary.replace('summary.json', '');
  return {
    ...store,
    write: async (key, body, options) => {
      if (key.startsWith(folder)) throw error;
      return store.write(key, body, options);
    },
  };
}

/** Of the shards that were built: their datasets are written anew in any case. */
const built = (effects: readonly string[]): Set<number> =>
  new Set(effects.flatMap((effect) => /\/shards\/(\d+)\/(?!datasets\/|written)/.exec(effect)?.[1] ?? []).map(Number));

test.each([
  [
    'a permission that is missing',
    new StoreRefused('s3://collections: AccessDenied. Grant the function s3:PutObject.'),
  ],
  ['a store that does not answer', new StoreUnavailable('s3://collections did not answer. Try again.')],
])('%s fails a shard by name, and when it is mended only this shard is built', async (_, error) => {
  const stores = { traces: await traces(), collections: memoryStore('collections') };
  const deps = memoryDeps(stores.traces, refusing(stores.collections, 2, error));
  const failed = await execute('r', request, deps);
  expect(failed).toEqual({ status: 'failed', error: error.name, cause: error.message });
  const record = await readJson(stores.collections, keys.failure, RunFailure);
  expect(record).toMatchObject({
    ...{ run_id: 'r', execution: 'r', state: 'BuildShard', shard: 2, error: error.name, message: error.message },
    what_to_do: expect.stringContaining('dpo redrive r'),
  });

  const shards = await readJson(stores.collections, keys.plan, Shards);
  const missing = [];
  for (const { ordinal } of shards) {
    if (!(await stores.collections.head(keys.shard(ordinal).summary))) missing.push(ordinal);
  }
  expect(shards.length).toBeGreaterThan(3);
  expect(missing).toEqual([2]);

  const mended = faultyStore(stores.collections);
  const again = await execute('r--redrive-1', request, memoryDeps(stores.traces, mended));
  expect(again.status).toBe('succeeded');
  expect(built(mended.effects)).toEqual(new Set(missing));

  const undisturbed = memoryStore('collections');
  await execute('r', request, memoryDeps(stores.traces, undisturbed));
  const [run, never] = [await committedRun('r', stores.collections), await committedRun('r', undisturbed)];
  expect(run.collection).toBe(never.collection);
  expect(run.manifest.totals).toEqual(never.manifest.totals);
  // The manifest wins: what the execution before left of itself stays.
  expect(await readJson(stores.collections, keys.failure, RunFailure)).toEqual(record);
});

test('a run that failed at its end is composed again and nothing of it is built', async () => {
  const stores = { traces: await traces(), collections: memoryStore('collections') };
  const refused = new StoreRefused('s3://collections: AccessDenied. Grant the function s3:PutObject.');
  const collections: ObjectStore = {
    ...stores.collections,
    compose: async (key, parts, options) => {
      if (key === keys.collection) throw refused;
      return stores.collections.compose(key, parts, options);
    },
  };
  const failed = await execute('r', request, memoryDeps(stores.traces, collections));
  expect(failed).toMatchObject({ status: 'failed', error: 'StoreRefused' });
  expect(await readJson(stores.collections, keys.failure, RunFailure)).toMatchObject({ state: 'Finalize' });

  const mended = faultyStore(stores.collections);
  expect((await execute('r--redrive-1', request, memoryDeps(stores.traces, mended))).status).toBe('succeeded');
  expect(built(mended.effects)).toEqual(new Set());
});

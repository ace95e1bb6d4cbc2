import { deepStrictEqual } from 'node:assert';
import { describe, expect, test } from 'vitest';
import { WrittenDatasets } from '../../lib/contract/written-datasets.ts';
import { runKeys } from '../../lib/objects/keys.ts';
import type { ObjectStore } from '../../lib/objects/store.ts';
import { readJson } from '../../lib/objects/stored-json.ts';
import { choose } from '../../lib/stages/choose.ts';
import { finalize } from '../../lib/stages/finalize/finalize.ts';
import { writeDatasets } from '../../lib/stages/write-datasets.ts';
import { faultyStore } from '../support/faulty-store.ts';
import { scheduledStore, scheduler } from '../support/scheduled-store.ts';
import { type BuiltRun, builtRun, chosenRun, copyOf, depsOver, writtenRun } from './built-run.ts';
import { full, inManyFiles } from './traces.ts';

const KEYS = runKeys('run');

const textsOf = ({ objects }: BuiltRun['collections']): ReadonlyMap<string, string> =>
  new Map([...objects].map(([key, bytes]) => [key, bytes.toString('latin1')] as const).sort());

/** Works on the run all at once, over and over, the store calls in an order that the seed decides. */
async function interleaved(
  { collections: start }: BuiltRun,
  work: (store: ObjectStore) => readonly Promise<unknown>[],
  expected: ReadonlyMap<string, string>,
): Promise<void> {
  for (let seed = 1; seed <= 15; seed += 1) {
    const collections = copyOf(start);
    const turns = scheduler(seed);
    await turns.until(Promise.all(work(scheduledStore(collections, turns))));
    deepStrictEqual(textsOf(collections), expected, `seed ${seed}`);
  }
}

describe.each([
  ['every format', full('strict')],
  ['many files', inManyFiles],
])('of a run with %s', (_, shape) => {
  test('a choice that is made twice is made once: the second reads what stands, and writes nothing anew', async () => {
    const run = await chosenRun(shape);
    const stands = textsOf(run.collections);
    const again = faultyStore(run.collections);
    expect(await choose({ run_id: 'run' }, depsOver(again))).toMatchObject({ run_id: 'run' });
    deepStrictEqual(textsOf(run.collections), stands);
    // The losses are where a failure would say.
    expect(again.effects).toEqual([`compose ${KEYS.rejected}`]);
  });

  test('choices that are made at the same time leave what one does', async () => {
    const built = await builtRun(shape);
    const chosen = await chosenRun(shape);
    const one = (store: ObjectStore) => choose({ run_id: 'run' }, depsOver(store));
    await interleaved(built, (store) => [one(store), one(store), one(store)], textsOf(chosen.collections));
  });

  test('a choice that died behind some of its decisions is made whole by the next', async () => {
    const chosen = await chosenRun(shape);
    const stands = textsOf(chosen.collections);
    for (const { ordinal } of chosen.shards) {
      const collections = copyOf(chosen.collections);
      collections.objects.delete(KEYS.choice.facts);
      collections.objects.delete(KEYS.choice.decisions(ordinal));
      await choose({ run_id: 'run' }, depsOver(collections));
      deepStrictEqual(textsOf(collections), stands);
    }
  });

  test("a shard's datasets that are written twice, one behind the other or at the same time, are written once", async () => {
    const [chosen, written] = [await chosenRun(shape), await writtenRun(shape)];
    const stands = textsOf(written.collections);
    for (const { ordinal } of written.shards) {
      const again = faultyStore(written.collections);
      await writeDatasets({ run_id: 'run', ordinal }, depsOver(again));
      expect(again.effects).toEqual([]);
    }
    const twice = [...chosen.shards, ...chosen.shards];
    const one = (store: ObjectStore, ordinal: number) => writeDatasets({ run_id: 'run', ordinal }, depsOver(store));
    await interleaved(chosen, (store) => twice.map(({ ordinal }) => one(store, ordinal)), stands);
  });
});

describe('a shard without pairs', () => {
  test('writes no part, says so, and leaves nothing out of the files', async () => {
    const run = await writtenRun(full('strict'));
    const without = run.shards.filter(
      ({ ordinal }) => (run.collections.objects.get(KEYS.shard(ordinal).index)?.length ?? 0) === 0,
    );
    expect(without.length).toBeGreaterThan(0);
    for (const { ordinal } of without) {
      const { written } = KEYS.shard(ordinal);
      const { formats } = await readJson(run.collections, written, WrittenDatasets);
      expect(Object.keys(formats)).toEqual(full('strict').formats);
      expect(Object.values(formats).flat()).toEqual([]);
      const parts = [...run.collections.objects.keys()].filter((key) =>
        key.startsWith(KEYS.shard(ordinal).dataset('', '').slice(0, -1)),
      );
      expect(parts).toEqual([]);
    }
    expect(await finalize({ run_id: 'run' }, run.deps)).toMatchObject({ status: 'committed' });
  });

  test('that was not written fails Finalize by name all the same', async () => {
    const run = await writtenRun(full('strict'));
    for (const { ordinal } of run.shards) {
      const collections = copyOf(run.collections);
      collections.objects.delete(KEYS.shard(ordinal).written);
      await expect(finalize({ run_id: 'run' }, depsOver(collections))).rejects.toMatchObject({
        name: 'ShardMissing',
        message: expect.stringContaining(`shard ${ordinal} of run run`),
      });
      expect(collections.objects.has(KEYS.manifest)).toBe(false);
      await writeDatasets({ run_id: 'run', ordinal }, depsOver(collections));
      expect(await finalize({ run_id: 'run' }, depsOver(collections))).toMatchObject({ status: 'committed' });
    }
  });
});

test('datasets that are wanted and were not chosen fail WriteDatasets and Finalize by name, and commit nothing', async () => {
  const { collections, shards } = await builtRun(full('strict'));
  for (const { ordinal } of shards) {
    await expect(writeDatasets({ run_id: 'run', ordinal }, depsOver(collections))).rejects.toMatchObject({
      name: 'ObjectNotFound',
      message: expect.stringContaining(KEYS.choice.facts),
    });
  }
  await expect(finalize({ run_id: 'run' }, depsOver(collections))).rejects.toMatchObject({ name: 'ObjectNotFound' });
  expect(collections.objects.has(KEYS.manifest)).toBe(false);
});

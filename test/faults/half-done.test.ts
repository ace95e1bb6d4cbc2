import { expect, test } from 'vitest';
import { Shards } from '../../lib/contract/plan.ts';
import { StoreUnavailable } from '../../lib/errors.ts';
import { runKeys } from '../../lib/objects/keys.ts';
import type { ObjectStore } from '../../lib/objects/store.ts';
import { readJson } from '../../lib/objects/stored-json.ts';
import { buildShard } from '../../lib/stages/build-shard/build-shard.ts';
import { choose } from '../../lib/stages/choose.ts';
import { evaluate } from '../../lib/stages/evaluate.ts';
import { writeDatasets } from '../../lib/stages/write-datasets.ts';
import { memoryStore } from '../support/memory-store.ts';
import { memoryDeps } from '../support/run.ts';
import { builtRun, chosenRun, depsOver } from './built-run.ts';
import { brief, full, putTraces, requestOf } from './traces.ts';

// A function's process freezes when it answers: an upload still under way then is never aborted.
test.each([...['rejected.jsonl', 'collection.jsonl', 'pairs.bin', 'sampled-pairs.jsonl', 'sample.json']])(
  'a shard whose %s fails is over only when its other files are',
  async (failing) => {
    const [traces, collections] = [memoryStore('traces'), memoryStore('collections')];
    await putTraces(traces);
    const planned = await evaluate({ execution: 'run', input: requestOf(brief) }, memoryDeps(traces, collections));
    const [shard] = await readJson(collections, planned.plan.key, Shards);
    if (!shard) throw new Error('the plan has a shard');

    const slow = slowOrFailing(collections, failing);
    const built = buildShard({ run_id: planned.run_id, shard, shards: planned.shards }, memoryDeps(traces, slow.store));
    await expect(built).rejects.toThrow('no answer');
    expect(slow.underWay()).toBe(0);
  },
);

test('a choice that fails at the decisions of one shard is over only when those of the others are', async () => {
  const { shards, collections } = await builtRun(full('strict'));
  expect(shards.length).toBeGreaterThan(5);
  const slow = slowOrFailing(collections, runKeys('run').choice.decisions(1));
  const chosen = choose({ run_id: 'run' }, depsOver(slow.store));
  await expect(chosen).rejects.toThrow('no answer');
  expect(slow.underWay()).toBe(0);
});

test("a shard's datasets of which one file fails are over only when the other files are", async () => {
  const { shards, collections } = await chosenRun(full('strict'));
  // The first format's file, one between, and the last one's.
  for (const failing of ['training_file.jsonl', 'trl/train.jsonl', 'llama_factory/training.jsonl']) {
    const slow = slowOrFailing(collections, failing);
    const written = shards.map(({ ordinal }) =>
      writeDatasets({ run_id: 'run', ordinal }, memoryDeps(undefined, slow.store)),
    );
    const outcomes = await Promise.allSettled(written);
    expect(outcomes.filter(({ status }) => status === 'rejected').length).toBeGreaterThan(3);
    expect(slow.underWay()).toBe(0);
  }
});

/** A store that is slow to answer what is written, and loses its answer for the files of this name. */
function slowOrFailing(collections: ObjectStore, failing: string) {
  let underWay = 0;
  const store: ObjectStore = {
    ...collections,
    write: async (key, body, options) => {
      underWay += 1;
      try {
        const written = await collections.write(key, body, options);
        if (key.endsWith(failing)) throw new StoreUnavailable('no answer');
        await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
        return written;
      } finally {
        underWay -= 1;
      }
    },
  };
  return { store, underWay: () => underWay };
}

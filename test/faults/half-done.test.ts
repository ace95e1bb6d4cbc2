import { expect, test } from 'vitest';
import { Shards } from '../../lib/contract/plan.ts';
import { StoreUnavailable } from '../../lib/errors.ts';
import type { ObjectStore } from '../../lib/objects/store.ts';
import { readJson } from '../../lib/objects/stored-json.ts';
import { buildShard } from '../../lib/stages/build-shard.ts';
import { evaluate } from '../../lib/stages/evaluate.ts';
import { exportStretch } from '../../lib/stages/export-stretch.ts';
import { writingRun } from '../support/exporting-run.ts';
import { memoryStore } from '../support/memory-store.ts';
import { memoryDeps } from '../support/run.ts';
import { depsAt } from './crashes.ts';
import { brief, inStretches, putTraces, requestOf } from './traces.ts';

// A function's process freezes when it answers: an upload still under way then is never aborted.
test('a shard whose one file fails is over only when its other files are', async () => {
  const [traces, collections] = [memoryStore('traces'), memoryStore('collections')];
  await putTraces(traces);
  const planned = await evaluate({ execution: 'run', input: requestOf(brief) }, memoryDeps(traces, collections));
  const [shard] = await readJson(collections, planned.plan.key, Shards);
  if (!shard) throw new Error('the plan has a shard');

  const slow = slowOrFailing(collections, 'rejected.jsonl');
  const built = buildShard({ run_id: planned.run_id, shard }, memoryDeps(traces, slow.store));
  await expect(built).rejects.toThrow('no answer');
  expect(slow.underWay()).toBe(0);
});

test('a stretch of which one file fails is over only when its other files are', async () => {
  const [traces, collections] = [memoryStore('traces'), memoryStore('collections')];
  await putTraces(traces);
  const deps = depsAt(1, traces, collections, inStretches.limits);
  const { stretches } = await writingRun(requestOf(inStretches), deps);
  const slow = slowOrFailing(collections, 'train.jsonl');
  const written = stretches.map((stretch) =>
    exportStretch({ run_id: 'run', phase: 'write', stretch }, memoryDeps(traces, slow.store)),
  );
  const outcomes = await Promise.allSettled(written);
  expect(outcomes.filter(({ status }) => status === 'rejected').length).toBeGreaterThan(3);
  expect(slow.underWay()).toBe(0);
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

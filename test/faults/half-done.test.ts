import { expect, test } from 'vitest';
import { Shards } from '../../lib/contract/plan.ts';
import { StoreUnavailable } from '../../lib/errors.ts';
import { buildShard } from '../../lib/steps/build-shard.ts';
import { evaluate } from '../../lib/steps/evaluate.ts';
import type { ObjectStore } from '../../lib/store.ts';
import { readJson } from '../../lib/stored-json.ts';
import { memoryStore } from '../support/memory-store.ts';
import { memoryDeps } from '../support/run.ts';
import { brief, putTraces, requestOf } from './traces.ts';

// A function's process freezes when it answers: an upload still under way then is never aborted.
test('a shard whose one file fails is over only when its other files are', async () => {
  const [traces, collections] = [memoryStore('traces'), memoryStore('collections')];
  await putTraces(traces);
  const planned = await evaluate({ execution: 'run', input: requestOf(brief) }, memoryDeps(traces, collections));
  const [shard] = await readJson(collections, planned.plan.key, Shards);
  if (!shard) throw new Error('the plan has a shard');

  let underWay = 0;
  const slowOrFailing: ObjectStore = {
    ...collections,
    write: async (key, body, options) => {
      underWay += 1;
      try {
        const written = await collections.write(key, body, options);
        if (key.endsWith('rejected.jsonl')) throw new StoreUnavailable('no answer');
        await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
        return written;
      } finally {
        underWay -= 1;
      }
    },
  };
  const built = buildShard({ run_id: planned.run_id, shard }, memoryDeps(traces, slowOrFailing));
  await expect(built).rejects.toThrow('no answer');
  expect(underWay).toBe(0);
});

import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import * as z from 'zod';
import { PipelineError } from '../../lib/errors.ts';
import { runKeys } from '../../lib/objects/keys.ts';
import { buildShard } from '../../lib/stages/build-shard/build-shard.ts';
import { choose } from '../../lib/stages/choose.ts';
import { finalize } from '../../lib/stages/finalize/finalize.ts';
import { memoryStore } from '../support/memory-store.ts';
import { runRetrying } from '../support/retrying-run.ts';
import { memoryDeps } from '../support/run.ts';
import { builtRun, copyOf, depsOver } from './built-run.ts';
import { full, putTraces, requestOf } from './traces.ts';

/** What the version before left of this very run: it had no pair index, and wrote datasets by stretches of the collection. */
const left = (file: string) => readFileSync(new URL(`../golden/earlier-version/${file}`, import.meta.url));
const KEYS = runKeys('run');
const shape = { ...full('strict'), formats: ['trl'] };
const { length: shards } = z.array(z.unknown()).parse(JSON.parse(left('plan.json').toString()));

const summaryOf = (ordinal: number): Buffer =>
  Buffer.from(left('summary.json').toString().replace('"ordinal": 0', `"ordinal": ${ordinal}`));

test.each([
  ['was planned', 0],
  ['had a shard built', 1],
  ['had all its shards built', shards],
])('a run that an earlier version began, and that %s, is refused by name, with the way out', async (_, built) => {
  const [traces, collections] = [memoryStore('traces'), memoryStore('collections')];
  await putTraces(traces);
  collections.objects.set(KEYS.request, left('request.json'));
  collections.objects.set(KEYS.plan, left('plan.json'));
  for (let ordinal = 0; ordinal < built; ordinal++) {
    collections.objects.set(KEYS.shard(ordinal).summary, summaryOf(ordinal));
  }
  const failure: unknown = await runRetrying(requestOf(shape), memoryDeps(traces, collections)).then(
    () => 'it was committed',
    (error: unknown) => error,
  );
  expect(failure).toBeInstanceOf(PipelineError);
  expect(String(failure)).toMatch(/another run id/);
  expect(collections.objects.has(KEYS.manifest)).toBe(false);
});

test("no state takes an earlier version's summary of a shard for one of its own", async () => {
  const run = await builtRun(shape);
  const [shard] = run.shards;
  if (!shard) throw new Error('the plan has a shard');
  const collections = copyOf(run.collections);
  collections.objects.set(KEYS.shard(0).summary, left('summary.json'));
  const deps = depsOver(collections);
  for (const step of [
    () => buildShard({ run_id: 'run', shard, shards: run.shards.length }, deps),
    () => choose({ run_id: 'run' }, deps),
    () => finalize({ run_id: 'run' }, deps),
  ]) {
    await expect(step()).rejects.toMatchObject({
      name: 'CorruptObject',
      message: expect.stringMatching(/000000\/summary\.json .*; start the run under another run id/),
    });
  }
});

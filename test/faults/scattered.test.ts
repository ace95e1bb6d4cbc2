import { expect, test } from 'vitest';
import * as z from 'zod';
import { Shards } from '../../lib/contract/plan.ts';
import { runKeys } from '../../lib/objects/keys.ts';
import { readJson } from '../../lib/objects/stored-json.ts';
import { buildShard } from '../../lib/stages/build-shard/build-shard.ts';
import { evaluate } from '../../lib/stages/evaluate.ts';
import { groupCandidates } from '../../lib/stages/group-candidates.ts';
import { memoryStore } from '../support/memory-store.ts';
import { memoryDeps } from '../support/run.ts';
import { inMemory, strikeAnywhere } from './crashes.ts';
import { raceAnywhere } from './races.ts';
import { putRollouts, scattered, scatteredRequest } from './scattered.ts';

const none = { lost: 0, doubled: 0, changed: 0 };
const KEYS = runKeys('run');

test('a run that groups its candidates and dies at a side effect is the same, run again, as one of a single shard', async () => {
  // Every seventh here; `npm run test:faults` takes each.
  for (const row of await strikeAnywhere('groups that lie apart', scattered, inMemory, 7)) {
    expect(row).toMatchObject(none);
    expect(row.injected).toBeGreaterThan(5);
  }
});

test('two executions of one run that groups its candidates leave what one does', async () => {
  expect(await raceAnywhere('groups that lie apart', scattered, 5)).toMatchObject({ injected: 5, ...none });
});

async function grouped() {
  const [traces, collections] = [memoryStore('traces'), memoryStore('collections')];
  await putRollouts(traces);
  const deps = memoryDeps(traces, collections);
  const { grouping } = await evaluate({ execution: 'run', input: scatteredRequest(1024) }, deps);
  const tasks = await readJson(collections, grouping?.key ?? '', z.array(z.int()));
  return { traces, collections, deps, tasks };
}

test('a task that is done is reported, and not done again', async () => {
  const { collections, deps, tasks } = await grouped();
  const [ordinal = 0] = tasks;
  expect(await groupCandidates({ run_id: 'run', ordinal }, deps)).toMatchObject({ grouped: true });
  const before = new Map(collections.objects);
  expect(await groupCandidates({ run_id: 'run', ordinal }, deps)).toMatchObject({ grouped: false });
  expect(new Map(collections.objects)).toEqual(before);
});

test('an object that is replaced after the plan fails its task by name', async () => {
  const { traces, deps, tasks } = await grouped();
  traces.objects.set('r/a.jsonl', Buffer.from('{}'));
  const [ordinal = 0] = tasks;
  await expect(groupCandidates({ run_id: 'run', ordinal }, deps)).rejects.toMatchObject({ name: 'InputChanged' });
});

test('grouped candidates that were cut short, or are another run’s, fail the shard that reads them by name', async () => {
  const { collections, deps, tasks } = await grouped();
  for (const ordinal of tasks) await groupCandidates({ run_id: 'run', ordinal }, deps);
  const shards = await readJson(collections, KEYS.plan, Shards);
  const buildAll = async () => {
    for (const shard of shards) await buildShard({ run_id: 'run', shard, shards: shards.length }, deps);
  };
  const { grouped: key } = KEYS.shard(tasks[0] ?? 0);
  const whole = collections.objects.get(key) ?? Buffer.alloc(0);
  collections.objects.set(key, whole.subarray(0, whole.length - 20));
  await expect(buildAll()).rejects.toMatchObject({ name: 'CorruptObject' });
  collections.objects.set(key, Buffer.from(whole.toString().replaceAll('{"place"', '{"pl\nce"')));
  await expect(buildAll()).rejects.toMatchObject({ name: 'CorruptObject' });
  collections.objects.set(key, whole);
  await buildAll();
});

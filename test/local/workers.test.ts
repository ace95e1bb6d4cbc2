import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { removeTemporaryFiles } from '../../adapters/files/temporary-files.ts';
import { byteCount } from '../../cli/local/byte-tally.ts';
import { openDeps } from '../../cli/local/local-deps.ts';
import { startWorkers, type Workers } from '../../cli/local/workers.ts';
import { type Shard, Shards } from '../../lib/contract/plan.ts';
import { InputChanged, StoreRefused, WorkerDied } from '../../lib/errors.ts';
import { runKeys } from '../../lib/objects/keys.ts';
import { readAll } from '../../lib/objects/store.ts';
import { readJson } from '../../lib/objects/stored-json.ts';
import { evaluate } from '../../lib/stages/evaluate.ts';

const keys = runKeys('r');
const MISBEHAVING = new URL('../support/misbehaving-worker.ts', import.meta.url);

let folder = '';
let shards: Shards = [];
let workers: Workers | undefined;
const place = (name: string) => ({ bucket: pathToFileURL(join(folder, `${name}/`)).href, prefix: '' });
const placesOf = (name: string) => ({ out: place(name), inS3: false, codeVersion: 'test' });

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dpo-workers-'));
  await writeFile(join(folder, 'traces.jsonl'), LINES);
  for (const name of ['threads', 'here']) shards = await plan(name);
  expect(shards.length).toBeGreaterThan(4);
});
afterEach(async () => {
  await workers?.stop();
  workers = undefined;
  await rm(folder, { recursive: true });
});

/** A run that is claimed and cut into shards. */
async function plan(name: string): Promise<Shards> {
  const deps = await openDeps(placesOf(name));
  const traces = { bucket: pathToFileURL(`${folder}/`).href, key: 'traces.jsonl' };
  const input = { run_id: 'r', source: { traces }, limits: { shard_bytes: 2048 } };
  await evaluate({ execution: 'r', input }, deps);
  return readJson(deps.collections, keys.plan, Shards);
}

const started = (count: number, entry?: URL): Workers => {
  workers = startWorkers(count, placesOf('threads'), entry);
  return workers;
};
const build = (running: Workers, shard: Shard | undefined, count = byteCount()) => {
  if (!shard) throw new Error('There is no such shard.');
  return running.run('BuildShard', { run_id: 'r', shard, shards: shards.length }, count);
};
const behave = (how: string) => writeFile(join(folder, 'threads', how), '');

test('shards that worker threads build are the bytes that this thread builds, and their bytes are counted', async () => {
  const running = started(3);
  const counts = shards.map(() => byteCount());
  const built = await Promise.all(shards.map((shard, at) => build(running, shard, counts[at])));
  const deps = await openDeps(placesOf('here'));
  const { tasksHere } = await import('../../cli/local/tasks.ts');
  for (const [at, shard] of shards.entries()) {
    const count = byteCount();
    expect(built[at]).toEqual(
      await tasksHere(deps).run('BuildShard', { run_id: 'r', shard, shards: shards.length }, count),
    );
    expect(counts[at]).toEqual(count);
    expect(Number(count[0])).toBeGreaterThanOrEqual(2048);
    const [threads, here] = await Promise.all(
      ['threads', 'here'].map((name) => readFile(join(folder, name, keys.shard(at).collection), 'utf8')),
    );
    expect(threads).toBe(here);
  }
});

test('an error is thrown as the class that it has in its thread, with its message', async () => {
  const running = started(2);
  await writeFile(join(folder, 'traces.jsonl'), `${LINES}{}\n`);
  const changed = build(running, shards[0]);
  await expect(changed).rejects.toThrow(InputChanged);
  await expect(changed).rejects.toThrow(/traces\.jsonl changed after the run was planned/);
  const [shard] = shards;
  const elsewhere = shard && { ...shard, slices: shard.slices.map((slice) => ({ ...slice, key: '../x' })) };
  await expect(build(running, elsewhere)).rejects.toThrow(StoreRefused);
});

test('a worker that dies once is followed by another, which does its shard', async () => {
  await behave('exits-once-1');
  const running = started(2, MISBEHAVING);
  const built = await Promise.all(shards.slice(0, 3).map((shard) => build(running, shard)));
  expect(built.map(({ ordinal }) => ordinal)).toEqual([0, 1, 2]);
});

test.each([
  ['exits', /code: 9/],
  ['breaks', /an error that nobody catches/],
])('a worker that %s, and does so again, fails its shard by name, and no other', async (how, why) => {
  await behave(`${how}-1`);
  const running = started(2, MISBEHAVING);
  const [first, second, third] = await Promise.allSettled(shards.slice(0, 3).map((shard) => build(running, shard)));
  expect([first?.status, third?.status]).toEqual(['fulfilled', 'fulfilled']);
  expect(second).toMatchObject({ reason: expect.any(WorkerDied) });
  expect(second).toMatchObject({ reason: { message: expect.stringMatching(why) } });
});

test('a worker that cannot start fails what waits for it', async () => {
  const nowhere = started(2, new URL('./no-such-worker.ts', import.meta.url));
  const waiting = await Promise.allSettled(shards.map((shard) => build(nowhere, shard)));
  expect(waiting.map(({ status }) => status)).toEqual(shards.map(() => 'rejected'));
  expect(waiting[0]).toMatchObject({ reason: expect.any(WorkerDied) });
});

test('workers stop whatever they are doing, and no error is told of it', async () => {
  await behave('hangs-0');
  const running = started(1, MISBEHAVING);
  const hanging = build(running, shards[0]);
  await running.stop();
  expect(await Promise.race([hanging, 'stopped'])).toBe('stopped');
});

test('this process removes its own temporary files and no others', async () => {
  const deps = await openDeps(placesOf('threads'));
  const halfWritten = deps.collections.write('runs/r/half', unending());
  const others = join(folder, 'threads/runs/r/.dpo-01234567-89ab-cdef-0123-456789abcdef.tmp');
  await expect.poll(() => temporaries()).toHaveLength(1);
  await writeFile(others, '');
  removeTemporaryFiles(new URL('runs/', place('threads').bucket));
  expect(await temporaries()).toEqual([expect.stringContaining('.dpo-01234567-89ab')]);
  expect(await Promise.race([halfWritten, 'still writing'])).toBe('still writing');
  expect(await readAll(deps.collections, keys.plan)).not.toHaveLength(0);
});

const temporaries = async () =>
  (await readdir(join(folder, 'threads'), { recursive: true })).filter((name) => name.includes('.tmp'));

async function* unending(): AsyncGenerator<Uint8Array> {
  yield Buffer.from('half');
  await new Promise(() => {});
}

const candidate = (id: number, candidate_index: number) => ({
  payload: {
    ...{ event_type: 'TTC_END', name: 'dpo_candidate_move', UUID: `${id}-${candidate_index}` },
    data: {
      turn_id: 't',
      turn_index: 0,
      candidate_index,
      score: candidate_index,
      input: `q${id}`,
      output: `a${candidate_index}`,
    },
  },
});
const LINES = Array.from(
  { length: 40 },
  (_, id) => `${JSON.stringify({ id, question: 'q', intermediate_steps: [candidate(id, 0), candidate(id, 1)] })}\n`,
).join('');

import { expect, test } from 'vitest';
import { runLocally } from '../../cli/local/run-locally.ts';
import { lineProgress } from '../../cli/progress.ts';
import { RunFailure } from '../../lib/contract/failure.ts';
import { parseRequest } from '../../lib/contract/parse-request.ts';
import { StoreRefused, StoreUnavailable } from '../../lib/errors.ts';
import type { ObjectStore } from '../../lib/objects/store.ts';
import { readJson } from '../../lib/objects/stored-json.ts';
import { memoryStore } from '../support/memory-store.ts';
import { memoryDeps } from '../support/run.ts';

const never = () => Promise.reject(new Error('not of this run'));

/** A run over eight shards, which ends as the collections bucket has it. */
async function run(misbehaving: (collections: ObjectStore) => ObjectStore) {
  const traces = memoryStore('traces');
  await traces.create('traces.jsonl', Buffer.from(`{"id":"${'x'.repeat(1000)}"}\n`.repeat(8)));
  const collections = memoryStore('collections');
  const request = parseRequest({
    run_id: 'r',
    source: { traces: { bucket: 'traces', key: 'traces.jsonl' } },
    limits: { shard_bytes: 1024 },
  });
  const lines: string[] = [];
  const progress = lineProgress((line) => lines.push(line));
  const deps = memoryDeps(traces, misbehaving(collections));
  const ended = runLocally({ request, deps, progress, workflow: never, training: never, pause: async () => {} });
  const error: unknown = await ended.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  return { error, collections, lines };
}

test('of shards that fail together the error that is thrown is the one that failure.json tells', async () => {
  const { error, collections, lines } = await run((store) => ({
    ...store,
    write: async (key, body, options) => {
      if (!key.includes('/shards/')) return store.write(key, body, options);
      throw new StoreRefused(`${key} is refused.`);
    },
  }));
  const { shard, message } = await readJson(collections, 'runs/r/failure.json', RunFailure);
  expect(error).toBeInstanceOf(StoreRefused);
  expect(error).toMatchObject({ message });
  expect(lines.at(-1)).toBe(`Failed in BuildShard, shard ${shard}; collections/runs/r/failure.json says what to do.`);
});

test('a failure that cannot be recorded is thrown all the same, and nothing says that it was', async () => {
  const { error, collections, lines } = await run((store) => ({
    ...store,
    write: () => Promise.reject(new StoreUnavailable('The disk is gone.')),
  }));
  expect(error).toBeInstanceOf(StoreUnavailable);
  expect(error).toMatchObject({ message: 'The disk is gone.' });
  expect(await collections.head('runs/r/failure.json')).toBeUndefined();
  expect(lines.filter((line) => line.startsWith('Failed'))).toEqual([]);
});

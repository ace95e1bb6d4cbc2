import { expect, onTestFinished, test } from 'vitest';
import { s3Store } from '../../../adapters/s3/s3-store.ts';
import { Manifest } from '../../../lib/contract/manifest.ts';
import { Shards } from '../../../lib/contract/plan.ts';
import { runKeys } from '../../../lib/objects/keys.ts';
import { readJson } from '../../../lib/objects/stored-json.ts';
import { buildShard } from '../../../lib/stages/build-shard.ts';
import { evaluate } from '../../../lib/stages/evaluate.ts';
import { finalizeRun, memoryDeps } from '../../support/run.ts';
import { clientOf } from '../../support/s3-client.ts';
import { type S3Server, startS3Server } from '../../support/s3-server.ts';

/** Two empty buckets, for the length of one test. */
async function emptyBuckets(limits: { readonly minPartBytes?: number } = {}): Promise<Buckets> {
  const server = await startS3Server(limits);
  onTestFinished(() => server.close());
  for (const bucket of ['traces', 'collections']) server.createBucket(bucket);
  return { server, limits };
}

interface Buckets {
  readonly server: S3Server;
  readonly limits: { readonly minPartBytes?: number };
}

const MiB = 2 ** 20;

const CANDIDATES = 6;

/** Lines whose pairs take five times their bytes in the collection: each candidate is in five pairs. */
function* lines(count: number, answerBytes: number): Generator<string> {
  const answer = 'a'.repeat(answerBytes);
  for (let id = 0; id < count; id++) {
    const steps = Array.from({ length: CANDIDATES }, (_, index) => ({
      payload: {
        event_type: 'TTC_END',
        name: 'dpo_candidate_move',
        UUID: `${id}-${index}`,
        data: {
          turn_id: `t${id}`,
          turn_index: 0,
          candidate_index: index,
          score: index,
          input: `${id}?`,
          output: `${id} ${answer}${index}`,
        },
      },
    }));
    yield `${JSON.stringify({ id, question: '?', intermediate_steps: steps })}\n`;
  }
}

/** A run, and what goes over the wire in Finalize alone, however often it is called. */
async function finalizedOver(
  { server, limits }: Buckets,
  run_id: string,
  items: number,
  dataset: object,
  exportsAlone = Number.POSITIVE_INFINITY,
) {
  const client = clientOf(server);
  const store = (bucket: string) => s3Store(client, bucket, limits);
  const deps = { ...memoryDeps(store('traces'), store('collections')), bucket: store, exportsAlone };
  const text = [...lines(items, 10_000)].join('');
  server.put('traces', 'traces.jsonl', text);
  const planned = await evaluate(
    {
      execution: run_id,
      input: {
        run_id,
        source: { traces: { bucket: 'traces', key: 'traces.jsonl' } },
        dataset,
        limits: { shard_bytes: Math.ceil(text.length / 4) },
      },
    },
    deps,
  );
  for (const shard of await readJson(deps.collections, planned.plan.key, Shards)) {
    await buildShard({ run_id, shard }, deps);
  }
  const calls: { readonly bytes: number; readonly copies: number }[] = [];
  await finalizeRun(planned, deps, async (step) => {
    server.traffic.reset();
    const answer = await step();
    // The stretches themselves answer otherwise.
    if (typeof answer !== 'object' || answer === null || !('status' in answer)) return answer;
    const { bytesIn, bytesOut, requests } = server.traffic;
    calls.push({ bytes: bytesIn + bytesOut, copies: requests.UploadPartCopy ?? 0 });
    return answer;
  });
  const { collection, totals } = await readJson(deps.collections, runKeys(run_id).manifest, Manifest);
  client.destroy();
  return {
    collection: collection.bytes,
    pairs: totals.total_pairs,
    calls: calls.length,
    bytes: calls.reduce((sum, { bytes }) => sum + bytes, 0),
    copies: calls.reduce((sum, { copies }) => sum + copies, 0),
  };
}

test('what passes through Finalize does not grow with the collection where no trainer’s files are wanted', async () => {
  const buckets = await emptyBuckets();
  const once = await finalizedOver(buckets, 'once', 120, { formats: [] });
  const tenfold = await finalizedOver(buckets, 'tenfold', 1_200, { formats: [] });
  // More than is looked at for the report.
  expect(once.collection).toBeGreaterThan(33 * MiB);
  expect(tenfold.collection).toBeGreaterThan(9.9 * once.collection);
  expect(tenfold.copies).toBe(once.copies);
  expect(tenfold.bytes).toBeLessThan(1.05 * once.bytes);
});

test('of trainers’ files that are written in stretches, records of the pairs pass through Finalize and nothing else', async () => {
  // What a stretch of one MiB writes is to be copied, as what one of 256 MiB writes is.
  const buckets = await emptyBuckets({ minPartBytes: 2 ** 16 });
  const added = async (items: number) => {
    // Without trainer's files it looks at as much for the report.
    const without = await finalizedOver(buckets, `without-${items}`, items, { formats: [] });
    const exported = await finalizedOver(buckets, `with-${items}`, items, { formats: ['trl'] }, 7 * MiB);
    expect(exported.calls).toBe(3);
    return { ...exported, bytes: exported.bytes - without.bytes, copies: exported.copies - without.copies };
  };
  const once = await added(25);
  const tenfold = await added(250);
  expect(tenfold.collection).toBeGreaterThan(9.9 * once.collection);
  for (const { bytes, collection } of [once, tenfold]) expect(bytes).toBeLessThan(0.05 * collection);
  expect(tenfold.bytes / tenfold.pairs).toBeLessThan(1.05 * (once.bytes / once.pairs));
  // Each stretch has its part of the training file, and some have one of the other.
  expect(once.copies).toBeGreaterThanOrEqual(9);
  expect(tenfold.copies).toBeGreaterThanOrEqual(90);
});

import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { s3Store } from '../../../adapters/s3/s3-store.ts';
import { Manifest } from '../../../lib/contract/manifest.ts';
import { Shards } from '../../../lib/contract/plan.ts';
import { Summary } from '../../../lib/contract/summary.ts';
import { WrittenDatasets } from '../../../lib/contract/written-datasets.ts';
import { runKeys } from '../../../lib/objects/keys.ts';
import { readJson } from '../../../lib/objects/stored-json.ts';
import { buildShard } from '../../../lib/stages/build-shard/build-shard.ts';
import { choose } from '../../../lib/stages/choose.ts';
import { evaluate } from '../../../lib/stages/evaluate.ts';
import { finalize } from '../../../lib/stages/finalize/finalize.ts';
import { writeDatasets } from '../../../lib/stages/write-datasets.ts';
import { memoryDeps } from '../../support/run.ts';
import { clientOf } from '../../support/s3-client.ts';
import { type S3Server, startS3Server } from '../../support/s3-server.ts';

/** Two empty buckets; a shard's part of each file is copied there, as one of hundreds of MiB is anywhere. */
async function emptyBuckets(): Promise<S3Server> {
  const server = await startS3Server(LIMITS);
  for (const bucket of ['traces', 'collections']) server.createBucket(bucket);
  return server;
}

const LIMITS = { minPartBytes: 2 ** 16 };

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

/** What goes over the wire in one state of a run, all its tasks together. */
interface Traffic {
  readonly bytes: number;
  readonly copies: number;
}

/** What goes over the wire in WriteDatasets of one shard, whose part of the collection has so many bytes, and its datasets. */
interface WritingTask {
  readonly bytes: number;
  readonly part: number;
  readonly written: number;
}

/** A run of four shards, and what goes over the wire in the states behind them. */
async function trafficOf(server: S3Server, run_id: string, items: number, dataset: object) {
  const client = clientOf(server);
  const store = (bucket: string) => s3Store(client, bucket, LIMITS);
  const deps = { ...memoryDeps(store('traces'), store('collections')), bucket: store };
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
  const shards = await readJson(deps.collections, planned.plan.key, Shards);
  for (const shard of shards) await buildShard({ run_id, shard, shards: shards.length }, deps);
  const measured = async (work: () => Promise<unknown>): Promise<Traffic> => {
    server.traffic.reset();
    await work();
    const { bytesIn, bytesOut, requests } = server.traffic;
    return { bytes: bytesIn + bytesOut, copies: requests.UploadPartCopy ?? 0 };
  };
  const choosing = await measured(async () => {
    if (planned.datasets !== 'none') await choose({ run_id }, { ...deps, memoryBytes: 2 ** 30 });
  });
  const writing: WritingTask[] = [];
  for (const { ordinal } of planned.datasets === 'files' ? shards : []) {
    const { bytes } = await measured(() => writeDatasets({ run_id, ordinal }, deps));
    const keys = runKeys(run_id).shard(ordinal);
    const { collection } = await readJson(deps.collections, keys.summary, Summary);
    const { formats } = await readJson(deps.collections, keys.written, WrittenDatasets);
    const files = Object.values(formats).flat();
    writing.push({ bytes, part: collection.bytes, written: files.reduce((sum, file) => sum + file.bytes, 0) });
  }
  const finalizing = await measured(() => finalize({ run_id }, deps));
  const { collection, totals } = await readJson(deps.collections, runKeys(run_id).manifest, Manifest);
  client.destroy();
  return { collection: collection.bytes, pairs: totals.total_pairs, choosing, writing, finalizing };
}

type Measured = Awaited<ReturnType<typeof trafficOf>>;

/** Bytes that pass through Finalize for each byte that the collection grows by: the shards' samples fill up, and no more. */
const growth = (once: Measured, tenfold: Measured): number =>
  (tenfold.finalizing.bytes - once.finalizing.bytes) / (tenfold.collection - once.collection);

test('what passes through Finalize does not grow with the collection where no trainer’s files are wanted', async () => {
  const server = await emptyBuckets();
  onTestFinished(() => server.close());
  const once = await trafficOf(server, 'once', 40, { formats: [] });
  const tenfold = await trafficOf(server, 'tenfold', 400, { formats: [] });
  expect(tenfold.collection).toBeGreaterThan(9.9 * once.collection);
  expect(tenfold.finalizing.copies).toBe(once.finalizing.copies);
  expect(growth(once, tenfold)).toBeLessThan(0.02);
});

describe('where trainers’ files are wanted,', () => {
  const FORMATS = ['trl', 'nemo_customizer'];
  let runs: { readonly once: Measured; readonly tenfold: Measured };
  beforeAll(async () => {
    const server = await emptyBuckets();
    const dataset = { formats: FORMATS, validation_fraction: 0.5 };
    runs = {
      once: await trafficOf(server, 'once', 20, dataset),
      tenfold: await trafficOf(server, 'tenfold', 200, dataset),
    };
    await server.close();
    expect(runs.tenfold.collection).toBeGreaterThan(9.9 * runs.once.collection);
  });

  test('the pair indexes and the decisions pass through Choose, some 170 bytes a pair, and no text', () => {
    const { once, tenfold } = runs;
    const each = (tenfold.choosing.bytes - once.choosing.bytes) / (tenfold.pairs - once.pairs);
    expect(each).toBeGreaterThan(100);
    expect(each).toBeLessThan(180);
    expect(tenfold.choosing.bytes).toBeLessThan(0.02 * tenfold.collection);
  });

  test('a shard’s part of the collection passes through its WriteDatasets once, and what is written of it', () => {
    for (const { bytes, part, written } of [...runs.once.writing, ...runs.tenfold.writing]) {
      expect(bytes).toBeGreaterThan(part + written);
      expect(bytes).toBeLessThan(1.05 * (part + written));
    }
  });

  test('nothing that grows with the collection passes through Finalize', () => {
    const { once, tenfold } = runs;
    expect(growth(once, tenfold)).toBeLessThan(0.02);
    // Two files a format, and the collection, of four parts each.
    expect(tenfold.finalizing.copies).toBeGreaterThanOrEqual(4 * (2 * FORMATS.length + 1));
  });
});

import { once } from 'node:events';
import { createReadStream, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { S3Client } from '@aws-sdk/client-s3';
import * as z from 'zod';
import type { S3Limits } from '../../adapters/s3/bucket.ts';
import { s3Store } from '../../adapters/s3/s3-store.ts';
import { type Shard, Shards } from '../../lib/contract/plan.ts';
import type { EvaluateOutput } from '../../lib/contract/states.ts';
import { readJson } from '../../lib/objects/stored-json.ts';
import { buildShard } from '../../lib/stages/build-shard.ts';
import { evaluate } from '../../lib/stages/evaluate.ts';
import { type FixtureSettings, writeFixture } from '../fixtures.ts';

/** Runs the steps themselves, timed, over HTTP to an S3 that holds nothing but their traces. */
export interface OverS3 {
  readonly deps: ReturnType<typeof depsOf>;
  put(key: string, fixture: Omit<FixtureSettings, 'path'>): Promise<void>;
  plan(run: ToPlan): Promise<{ readonly planned: EvaluateOutput; readonly shards: readonly Shard[] }>;
}

export interface ToPlan {
  readonly run_id: string;
  readonly key: string;
  readonly shardBytes?: number;
  readonly formats?: readonly string[];
}

export async function overS3<Result>(
  work: (s3: OverS3) => Promise<Result>,
  limits: Partial<S3Limits> = {},
): Promise<Result> {
  const worker = new Worker(new URL('./s3-worker.ts', import.meta.url));
  const folder = mkdtempSync(join(tmpdir(), 'dpo-scaling-'));
  try {
    const [told] = await once(worker, 'message');
    const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
    const client = new S3Client({ endpoint: z.url().parse(told), region: 'us-east-1', credentials });
    const deps = depsOf(client, limits);
    return await work({
      deps,
      async put(key, fixture) {
        const path = join(folder, 'traces');
        writeFixture({ ...fixture, path });
        await deps.bucket('traces').write(key, createReadStream(path));
      },
      async plan({ run_id, key, shardBytes, formats = [] }) {
        const request = {
          run_id,
          source: { traces: { bucket: 'traces', key } },
          dataset: { formats },
          ...(shardBytes === undefined ? {} : { limits: { shard_bytes: shardBytes } }),
        };
        const planned = await evaluate({ execution: run_id, input: request }, deps);
        return { planned, shards: await readJson(deps.collections, planned.plan.key, Shards) };
      },
    });
  } finally {
    rmSync(folder, { recursive: true });
    await worker.terminate();
  }
}

const depsOf = (client: S3Client, limits: Partial<S3Limits>) => ({
  bucket: (name: string) => s3Store(client, name, limits),
  collections: s3Store(client, 'collections', limits),
  collectionsBucket: 'collections',
  now: () => new Date(),
  codeVersion: 'bench',
  remainingMs: () => Number.POSITIVE_INFINITY,
});

export async function secondsOf(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  return (performance.now() - began) / 1000;
}

/** Builds all of a run's shards, one after the other: seconds of each. */
export async function buildAll(run_id: string, shards: readonly Shard[], { deps }: OverS3): Promise<number[]> {
  const seconds: number[] = [];
  for (const shard of shards) seconds.push(await secondsOf(() => buildShard({ run_id, shard }, deps)));
  return seconds;
}

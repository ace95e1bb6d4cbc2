import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { fileStore } from '../../adapters/files/file-store.ts';
import { s3Store } from '../../adapters/s3/s3-store.ts';
import { runLocally } from '../../cli/local/run-locally.ts';
import { lineProgress } from '../../cli/progress.ts';
import { parseRequest } from '../../lib/contract/parse-request.ts';
import { type ObjectStore, readAll } from '../../lib/objects/store.ts';
import { type S3Server, startS3Server } from '../support/s3-server.ts';

const golden = new URL('../golden/nat/', import.meta.url);
let folder = '';
let server: S3Server;
let client: S3Client;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dpo-identical-'));
  server = await startS3Server();
  server.createBucket('traces', { versioned: true });
  server.put('traces', 'workflow_output.json', await readFile(new URL('workflow_output.json', golden)));
  client = new S3Client({
    endpoint: server.endpoint,
    region: 'eu-central-1',
    credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
  });
});
afterAll(async () => {
  client.destroy();
  await server.close();
  await rm(folder, { recursive: true });
});

const quiet = lineProgress(() => {});

const never = () => Promise.reject(new Error('not of this run'));

/** One run through the state machine; what it wrote, but for the times. */
async function run(kind: 'file' | 's3', compatibility: string, shard_bytes: number, max_concurrency: number) {
  const name = `${kind}-${compatibility}-${shard_bytes}-${max_concurrency}`;
  let collections: ObjectStore;
  if (kind === 's3') {
    server.createBucket(name);
    collections = s3Store(client, name);
  } else collections = fileStore(join(folder, name));
  const traces = kind === 's3' ? s3Store(client, 'traces') : fileStore(golden.pathname);
  const request = parseRequest({
    run_id: 'r',
    source: {
      traces: { bucket: kind === 's3' ? 'traces' : pathToFileURL(golden.pathname).href, key: 'workflow_output.json' },
    },
    builder: { compatibility },
    limits: { shard_bytes, max_concurrency },
  });
  const deps = {
    bucket: () => traces,
    collections,
    collectionsBucket: 'collections',
    now: () => new Date(),
    codeVersion: 'test',
  };
  await runLocally({ request, deps, progress: quiet, workflow: never, training: never });
  const text = async (key: string): Promise<string> => Buffer.from(await readAll(collections, key)).toString();
  return { collection: await text('runs/r/collection.jsonl'), rejected: await text('runs/r/rejected.jsonl') };
}

test.each(['strict', 'nat'])(
  'the files of a %s run are the same bytes over shard sizes, concurrencies and stores',
  async (compatibility) => {
    const whole = await run('file', compatibility, 1 << 30, 1);
    expect(whole.collection.split('\n')).toHaveLength(5);
    for (const kind of ['file', 's3'] as const) {
      for (const [shardBytes, concurrency] of [
        [1024, 8],
        [4096, 3],
        [65_536, 1],
        [1 << 30, 8],
      ] as const) {
        expect(await run(kind, compatibility, shardBytes, concurrency)).toEqual(whole);
      }
    }
  },
);

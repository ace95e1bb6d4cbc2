import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { s3Store } from '../../adapters/s3/s3-store.ts';
import { Shards } from '../../lib/contract/plan.ts';
import { readJson } from '../../lib/objects/stored-json.ts';
import { buildShard } from '../../lib/stages/build-shard/build-shard.ts';
import { evaluate } from '../../lib/stages/evaluate.ts';
import { memoryDeps } from '../support/run.ts';
import { clientOf } from '../support/s3-client.ts';
import { type S3Server, startS3Server } from '../support/s3-server.ts';
import { dpo } from './dpo-process.ts';

const SAMPLE = 'examples/tic-tac-toe.json';

let folder = '';
let s3: S3Server;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dpo-cli-s3-'));
  s3 = await startS3Server();
  s3.createBucket('traces');
  s3.createBucket('collections');
  s3.put('traces', 'nightly/a.json', await readFile(SAMPLE));
});
afterAll(async () => {
  await s3.close();
  await rm(folder, { recursive: true });
});

const inS3 = () => ({
  env: {
    AWS_ENDPOINT_URL_S3: s3.endpoint,
    AWS_REGION: 'eu-central-1',
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
  },
});

test('a run reads and writes s3:// under its prefix, with the same collection as from files', async () => {
  const local = join(folder, 'out');
  await dpo(['run', SAMPLE, '--out', local, '--run-id', 'r']);
  const args = ['run', 's3://traces/nightly/a.json', '--out', 's3://collections/team/x', '--run-id', 'r'];
  const { code, stdout, stderr } = await dpo(args, inS3());
  expect(stderr).not.toMatch(/^ +at /m);
  expect(code).toBe(0);
  expect(stdout).toContain('Files in s3://collections/team/x/\n');
  expect(s3.keys('collections')).toContain('team/x/runs/r/manifest.json');
  expect(s3.keys('collections').every((key) => key.startsWith('team/x/runs/r/'))).toBe(true);
  // The lineage names keys relative to the bucket here, and to the file's directory there.
  const written = s3.get('collections', 'team/x/runs/r/collection.jsonl')?.toString();
  const onDisk = await readFile(join(local, 'runs/r/collection.jsonl'), 'utf8');
  expect(written).toBe(onDisk.replaceAll('"key":"tic-tac-toe.json"', '"key":"nightly/a.json"'));
});

test('a run in S3, by any writing of its address, is verified there, and a changed file is named', async () => {
  const verified = await dpo(['verify', 'S3://collections/team/x/runs/r'], inS3());
  expect(verified).toMatchObject({ code: 0, stdout: expect.stringMatching(/^Run r is unchanged since its commit: /) });
  s3.put('collections', 'team/x/runs/r/rejected.jsonl', Buffer.from('{}\n'));
  const changed = await dpo(['verify', 'r', '--out', 's3://collections/team/x'], inS3());
  expect(changed).toMatchObject({ code: 1, stderr: expect.stringMatching(/^runs\/r\/rejected\.jsonl has 3 bytes; /) });
});

test('a bucket that is not there ends with 1 and names it', async () => {
  const { code, stderr } = await dpo(['run', 's3://no-such/x.json', '--out', join(folder, 'other')], inS3());
  expect(code).toBe(1);
  expect(stderr).toMatch(/^(StoreRefused|NoTraces|ObjectNotFound): .*no-such/);
  expect(stderr).not.toMatch(/^ +at /m);
});

test('traces of a bucket can be written to a directory', async () => {
  const out = join(folder, 'mixed');
  expect((await dpo(['run', 's3://traces/nightly', '--out', out, '--run-id', 'r'], inS3())).code).toBe(0);
  expect(await readdir(join(out, 'runs/r'))).toContain('manifest.json');
});

test('a run whose shards AWS built, and which Choose could not go on with there, is finished here: nothing is built again', async () => {
  const client = clientOf(s3);
  const deps = { ...memoryDeps(), bucket: (name: string) => s3Store(client, name) };
  const aws = { ...deps, collections: deps.bucket('collections') };
  const input = {
    run_id: 'large',
    source: { traces: { bucket: 'traces', prefix: 'nightly/' } },
    dataset: { formats: ['trl'] },
    limits: { shard_bytes: 100_000 },
  };
  const { plan } = await evaluate({ execution: 'large', input }, aws);
  const shards = await readJson(aws.collections, plan.key, Shards);
  for (const shard of shards) await buildShard({ run_id: 'large', shard, shards: shards.length }, aws);
  expect(shards.length).toBeGreaterThan(2);

  // The traces are listed, to see that they are the same, and not read.
  s3.fail({ operation: 'GetObject', key: 'nightly/a.json' }, { kind: 'error', status: 403, code: 'AccessDenied' });
  const settings = ['--set', 'dataset.formats=["trl"]', '--shard-bytes', '100000'];
  const args = ['run', 's3://traces/nightly/', '--out', 's3://collections', '--run-id', 'large', ...settings];
  const { code, stderr } = await dpo(args, inS3());
  expect(stderr).not.toMatch(/^ +at /m);
  expect(code).toBe(0);
  expect(s3.keys('collections')).toContain('runs/large/datasets/trl/train.jsonl');
  expect(s3.keys('collections')).toContain('runs/large/manifest.json');
  expect(s3.calm()).toBe(0);
});

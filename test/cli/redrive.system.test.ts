import { readFile } from 'node:fs/promises';
import { S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { s3Store } from '../../adapters/s3/s3-store.ts';
import { ReportedFailure } from '../../lib/contract/ended-execution.ts';
import { RunFailure } from '../../lib/contract/failure.ts';
import { evaluate } from '../../lib/stages/evaluate.ts';
import { recordFailure } from '../../lib/stages/record-failure.ts';
import { endOf } from '../support/ended-execution.ts';
import { faultyStore } from '../support/faulty-store.ts';
import { memoryDeps } from '../support/run.ts';
import { type S3Server, startS3Server } from '../support/s3-server.ts';
import { execute } from '../support/state-machine-run.ts';
import { type FakeExecution, startAwsServer } from './aws-server.ts';
import { dpo } from './dpo-process.ts';

// A run on AWS that lacks a permission, and the same run when it has it: Step Functions is fake, but what it starts is
// the real definition with the real steps, over S3's protocol.

let s3: S3Server;
let client: S3Client;
let aws: Awaited<ReturnType<typeof startAwsServer>>;
/** What each execution wrote, by its name. */
const written = new Map<string, readonly string[]>();

beforeAll(async () => {
  s3 = await startS3Server();
  for (const bucket of ['traces', 'collections']) s3.createBucket(bucket);
  s3.put('traces', 'tic-tac-toe.json', await readFile('examples/tic-tac-toe.json'));
  const credentials = { accessKeyId: 'a', secretAccessKey: 'b' };
  client = new S3Client({ endpoint: s3.endpoint, region: 'eu-central-1', credentials, forcePathStyle: true });
  aws = await startAwsServer({
    StateMachineArn: 'arn:aws:states:eu-central-1:1:stateMachine:Machine',
    TracesBucket: 'traces',
    CollectionsBucket: 'collections',
    UploadPrefix: 's3://traces/traces/',
  });
  aws.started = (execution) => void run(execution);
});
afterAll(async () => {
  client.destroy();
  await Promise.all([s3.close(), aws.close()]);
});

async function run(execution: FakeExecution): Promise<void> {
  const collections = faultyStore(s3Store(client, 'collections'));
  written.set(execution.name, collections.effects);
  const deps = memoryDeps(s3Store(client, 'traces'), collections);
  const result = await execute(execution.name, execution.input, deps);
  if (result.status === 'succeeded') Object.assign(execution, { status: 'SUCCEEDED', output: result.output });
  else Object.assign(execution, { status: 'FAILED', error: result.error, cause: result.cause });
}

const onAws = (args: readonly string[]) =>
  dpo(args, {
    env: {
      AWS_ENDPOINT_URL: aws.endpoint,
      AWS_ENDPOINT_URL_S3: s3.endpoint,
      AWS_REGION: 'eu-central-1',
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
    },
  });

/** Their datasets are written anew in any case. */
const shardsBuiltBy = (execution: string): string[] => [
  ...new Set(
    (written.get(execution) ?? []).flatMap(
      (effect) => /\/shards\/(\d+)\/(?!datasets\/|written)/.exec(effect)?.[1] ?? [],
    ),
  ),
];

test('a run without a permission says where it failed and what to do; redriven with it, it builds the missing shard alone', async () => {
  s3.fail(
    { operation: 'PutObject', key: /\/shards\/000001\// },
    { kind: 'error', status: 403, code: 'AccessDenied' },
    9,
  );
  const shards = ['--set', 'limits.shard_bytes=150000'];
  const start = ['start', 's3://traces/tic-tac-toe.json', '--run-id', 'r', ...shards, '--poll-seconds', '0.05'];
  const failed = await onAws(start);
  expect(failed.code).toBe(1);
  expect(failed.stderr).toMatch(
    /\nStoreRefused: .*AccessDenied.*\nIn BuildShard, shard 1 of run r\. Fix .*dpo redrive r\): what is built is kept\.\n$/,
  );
  const record = RunFailure.parse(JSON.parse(String(s3.get('collections', 'runs/r/failure.json'))));
  expect(record).toMatchObject({ execution: 'r', state: 'BuildShard', shard: 1, error: 'StoreRefused' });
  const status = await onAws(['status', 'r']);
  expect(status.stderr.match(/AccessDenied/g)).toHaveLength(1);
  expect(status.stderr).toContain('In BuildShard, shard 1 of run r. ');

  expect(s3.calm()).toBeGreaterThan(0);
  const missing = ['000000', '000001', '000002'].filter(
    (shard) => !s3.get('collections', `runs/r/shards/${shard}/summary.json`),
  );
  expect(missing).toEqual(['000001']);
  const redriven = await onAws(['redrive', 'r', '--poll-seconds', '0.05']);
  expect(redriven.stderr).toMatch(/^Started r--redrive-1\.\n/);
  expect(redriven).toMatchObject({ code: 0, stdout: expect.stringMatching(/^examples +12 /) });
  expect(shardsBuiltBy('r--redrive-1')).toEqual(missing);

  // The failure stays where it was written, and is not that of the run any more.
  expect(s3.get('collections', 'runs/r/failure.json')).toBeDefined();
  expect(await onAws(['status', 'r'])).toMatchObject({ code: 0, stdout: redriven.stdout });
});

test('a run that somebody stopped says so and what to do, and redriven comes to its end', async () => {
  const deps = memoryDeps(s3Store(client, 'traces'), s3Store(client, 'collections'));
  aws.started = (execution) => void evaluate({ execution: execution.name, input: execution.input }, deps);
  await onAws(['start', 's3://traces/tic-tac-toe.json', '--run-id', 'stopped', '--no-follow']);
  const [execution] = aws.executions;
  if (!execution) throw new Error('an execution was started');
  execution.status = 'ABORTED';
  // As EventBridge does.
  await recordFailure(ReportedFailure.parse(endOf('stopped', execution.input)), deps);
  const status = await onAws(['status', 'stopped']);
  expect(status.code).toBe(1);
  expect(status.stderr).toMatch(
    /\nABORTED: Somebody stopped the execution\.\nIn the execution of run stopped\. Somebody stopped the execution\. .*dpo redrive stopped\)/,
  );

  aws.started = (next) => void run(next);
  const redriven = await onAws(['redrive', 'stopped', '--poll-seconds', '0.05']);
  expect(redriven).toMatchObject({ code: 0, stdout: expect.stringMatching(/^examples +12 /) });
});

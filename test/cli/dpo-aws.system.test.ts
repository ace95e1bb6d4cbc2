import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type S3Server, startS3Server } from '../support/s3-server.ts';
import { startAwsServer } from './aws-server.ts';
import { dpo } from './dpo-process.ts';

const SAMPLE = 'examples/tic-tac-toe.json';
const OUTPUTS = {
  StateMachineArn: 'arn:aws:states:eu-central-1:1:stateMachine:Machine',
  TracesBucket: 'traces',
  CollectionsBucket: 'collections',
  UploadPrefix: 's3://traces/traces/',
};

let folder = '';
let s3: S3Server;
let aws: Awaited<ReturnType<typeof startAwsServer>>;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dpo-aws-'));
  s3 = await startS3Server();
  s3.createBucket('traces');
  s3.createBucket('collections');
  aws = await startAwsServer(OUTPUTS);
  // A committed run for the fake executions to end with.
  await dpo(['run', SAMPLE, '--out', folder, '--run-id', 'r']);
  for (const file of await readdir(join(folder, 'runs/r'), { recursive: true, withFileTypes: true })) {
    if (!file.isFile()) continue;
    const path = join(file.parentPath, file.name);
    s3.put('collections', path.slice(folder.length + 1), await readFile(path));
  }
});
afterAll(async () => {
  await Promise.all([s3.close(), aws.close()]);
  await rm(folder, { recursive: true });
});
beforeEach(() => {
  aws.executions.length = 0;
  aws.advance = () => {};
});

const onAws = (args: readonly string[], more: { interruptAt?: RegExp } = {}) =>
  dpo(args, {
    ...more,
    env: {
      AWS_ENDPOINT_URL: aws.endpoint,
      AWS_ENDPOINT_URL_S3: s3.endpoint,
      AWS_REGION: 'eu-central-1',
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
    },
  });
const succeedAt = (look: number) => {
  aws.advance = (execution) => {
    if (execution.looks >= look) {
      execution.status = 'SUCCEEDED';
      execution.output = { run_id: 'r' };
    }
  };
};

test('start uploads local traces beside the upload prefix, starts the run and follows it to its table', async () => {
  succeedAt(3);
  const { code, stdout, stderr } = await onAws(['start', SAMPLE, '--run-id', 'r', '--poll-seconds', '0.01']);
  expect(stderr).toBe(
    'Uploading 415 KB.\nStarted run r. dpo status r shows where it stands.\n' +
      'BuildShards, 3 of 6 shards done (2 running), 104 pairs so far\n' +
      'succeeded, 3 of 6 shards done (2 running), 104 pairs so far\n',
  );
  expect(code).toBe(0);
  expect(stdout).toMatch(/^examples +12 {2}[\s\S]*\nFiles in s3:\/\/collections\/\n/);
  expect(s3.get('traces', 'started/r/0/tic-tac-toe.json')?.length).toBe((await readFile(SAMPLE)).length);
  expect(aws.executions).toMatchObject([
    {
      name: 'r',
      input: { run_id: 'r', source: { traces: [{ bucket: 'traces', key: 'started/r/0/tic-tac-toe.json' }] } },
    },
  ]);
});

test('the same request over the same traces is the same execution, and what stands is not uploaded again', async () => {
  await onAws(['start', SAMPLE, '--no-follow']);
  s3.traffic.reset();
  const again = await onAws(['start', SAMPLE, '--no-follow', '--quiet']);
  expect(again).toEqual({ code: 0, stdout: '', stderr: '' });
  expect(aws.executions.map(({ name }) => name)).toEqual([expect.stringMatching(/^run-[0-9a-f]{12}$/)]);
  expect(s3.traffic.bytesIn).toBe(0);
});

test('Ctrl-C leaves the run going and says how to come back', async () => {
  const { code, stderr } = await onAws(['start', SAMPLE, '--run-id', 'r'], { interruptAt: /pairs so far/ });
  expect(code).toBe(130);
  expect(stderr).toMatch(/Run r goes on without this\. Come back with: dpo status r --follow\n$/);
  expect(aws.executions[0]?.status).toBe('RUNNING');
});

test('a failed run ends with 1, its error and what to do; redrive starts a new execution of the same run', async () => {
  aws.advance = (execution) => {
    Object.assign(execution, {
      status: 'FAILED',
      error: 'NoCandidates',
      cause: JSON.stringify({ errorMessage: 'There is none.', trace: [] }),
    });
  };
  const failed = await onAws(['start', 's3://traces/x.json', '--run-id', 'r', '--poll-seconds', '0.01']);
  expect(failed.code).toBe(1);
  expect(failed.stderr).toMatch(
    /\nNoCandidates: There is none\.\nWhen its cause is mended: dpo redrive r\. What was built is kept\.\n$/,
  );
  const logs = await onAws(['logs', 'r']);
  expect(logs.stdout).toBe(
    '2027-01-15T08:00:01.000Z  started\n2027-01-15T08:00:02.000Z  BuildShards: entered\n' +
      '2027-01-15T08:00:03.000Z  ExecutionFailed: NoCandidates: There is none.\n',
  );
  for (const name of ['r--redrive-1', 'r--redrive-2']) {
    expect((await onAws(['redrive', 'r', '--no-follow'])).stderr).toBe(`Started ${name}.\n`);
  }
  expect(aws.executions.map(({ name }) => name)).toEqual(['r--redrive-2', 'r--redrive-1', 'r']);
  for (const { input } of aws.executions) expect(input).toMatchObject({ run_id: 'r' });
});

test('status shows where a run stands or its result, list the newest first, and redrive refuses what needs none', async () => {
  await onAws(['start', 's3://traces/x.json', '--run-id', 'older', '--no-follow']);
  await onAws(['start', 's3://traces/x.json', '--run-id', 'r', '--no-follow']);
  const running = await onAws(['status', 'r']);
  expect(running.stderr).toMatch(/^BuildShards, 3 of 6 shards done/);
  expect((await onAws(['redrive', 'r'])).stderr).toBe('Run r is running: dpo status r --follow.\n');
  succeedAt(0);
  const done = await onAws(['status', 'r', '--json']);
  expect(JSON.parse(done.stdout)).toMatchObject({ run_id: 'r', status: 'committed' });
  expect((await onAws(['redrive', 'r'])).code).toBe(2);
  expect((await onAws(['list', '--limit', '1'])).stdout).toBe('2027-01-15T08:00:01.000Z  succeeded  r\n');
});

test('a stack or a run that is not there is told with the way out', async () => {
  const stack = await onAws(['list', '--stack', 'Other']);
  expect(stack).toMatchObject({ code: 2, stderr: expect.stringMatching(/^There is no stack Other .*--region/) });
  const run = await onAws(['status', 'nothing']);
  expect(run).toMatchObject({
    code: 2,
    stderr: 'No execution is named nothing. dpo list shows those that there are.\n',
  });
});

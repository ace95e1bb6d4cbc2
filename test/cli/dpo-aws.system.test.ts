import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import * as z from 'zod';
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

const Traced = z.object({ source: z.object({ traces: z.tuple([z.object({ key: z.string() })]) }) });
const Asked = z.object({
  source: z.object({ workflow: z.looseObject({ dataset: z.object({ bucket: z.string(), key: z.string() }) }) }),
});

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
  aws.maps = ['BuildShards'];
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
    'Uploading 415 KB.\nStarted run r. dpo status r shows its progress.\n' +
      'BuildShards, 3 of 6 shards done (2 running), 104 pairs so far\n' +
      'succeeded, 3 of 6 shards done (2 running), 104 pairs so far\n',
  );
  expect(code).toBe(0);
  expect(stdout).toMatch(/^examples +12 {2}[\s\S]*\nFiles in s3:\/\/collections\/\n/);
  const key = expect.stringMatching(/^started\/r\/[0-9a-f]{12}\/0\/tic-tac-toe\.json$/);
  expect(aws.executions).toMatchObject([
    // Shards of AWS, although the files were of this machine.
    {
      name: 'r',
      input: { run_id: 'r', source: { traces: [{ bucket: 'traces', key }] }, limits: { shard_bytes: 2 ** 26 } },
    },
  ]);
  const { source } = Traced.parse(aws.executions[0]?.input);
  expect(s3.get('traces', source.traces[0].key)?.length).toBe((await readFile(SAMPLE)).length);
});

test('start --dry-run prints an estimate, and starts, uploads and writes nothing, nor asks the stack', async () => {
  s3.put('traces', 'traces/sample.json', await readFile(SAMPLE));
  const before = await readdir(folder, { recursive: true });
  s3.traffic.reset();
  aws.signers.clear();
  for (const source of [SAMPLE, 's3://traces/traces/sample.json']) {
    const { code, stdout, stderr } = await onAws(['start', source, '--run-id', 'ahead', '--dry-run']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(
      /^An estimate of run ahead\. Nothing was started, uploaded or written\.\n\ninputs +1 object, 415 KB\n/,
    );
    expect(stdout).toMatch(/\npairs +104\n/);
    expect(stdout).toMatch(/\ncost +under \$0\.01\n/);
  }
  const { stdout } = await onAws(['start', SAMPLE, '--run-id', 'ahead', '--dry-run', '--json']);
  expect(JSON.parse(stdout)).toMatchObject({
    run_id: 'ahead',
    estimate: { shards: 1, pairs: { least: 104, most: 104 } },
  });
  expect(aws.executions).toEqual([]);
  expect(aws.signers.size).toBe(0);
  expect(s3.traffic.bytesIn).toBe(0);
  expect(await readdir(folder, { recursive: true })).toEqual(before);
});

test('start --dry-run refuses what a run would be refused, by the same name', async () => {
  const beyond = await onAws(['start', SAMPLE, '--dry-run', '--set', 'limits.max_concurrency=5000']);
  expect(beyond).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/^CeilingExceeded: limits\.max_concurrency is 5000/),
  });
  const missing = await onAws(['start', 's3://traces/nothing/', '--dry-run']);
  expect(missing).toMatchObject({ code: 1, stderr: expect.stringMatching(/^NoTraces: /) });
});

test('start uploads the local dataset of a workflow as well', async () => {
  const request = join(folder, 'workflow.json');
  const dataset = { bucket: `file:${folder}`, key: 'questions.json' };
  await writeFile(
    request,
    JSON.stringify({ source: { workflow: { endpoint: 'https://agent.example.com', reps: 2, dataset } } }),
  );
  const missing = await onAws(['start', '--request', request, '--run-id', 'asked', '--no-follow']);
  expect(missing).toMatchObject({ code: 2, stderr: expect.stringContaining('no dataset questions.json in') });
  await writeFile(join(folder, 'questions.json'), '[{"id": 1, "question": "?"}]');
  const { code } = await onAws(['start', '--request', request, '--run-id', 'asked', '--no-follow']);
  expect(code).toBe(0);
  const { source } = Asked.parse(aws.executions[0]?.input);
  expect(source.workflow).toMatchObject({
    endpoint: 'https://agent.example.com',
    reps: 2,
    // Where the pipeline reads datasets, under a name that starts no run by itself.
    dataset: {
      bucket: 'traces',
      key: expect.stringMatching(/^traces\/started\/asked\/[0-9a-f]{12}\/questions\.json\.dataset$/),
    },
  });
  expect(s3.get('traces', source.workflow.dataset.key)?.toString()).toBe('[{"id": 1, "question": "?"}]');
});

test('another request or other traces under the name of a run that was started are refused', async () => {
  const traces = join(folder, 'mended.jsonl');
  await writeFile(traces, '{"a":1}\n');
  const start = ['start', traces, '--run-id', 'taken', '--no-follow'];
  await onAws(start);
  expect((await onAws(start)).code).toBe(0);
  const changed = await onAws([...start, '--set', 'dataset.seed=1']);
  expect(changed.code).toBe(2);
  expect(changed.stderr).toContain('Run taken was started before with another request or other traces.');
  // As many bytes as before: what is uploaded is told apart by more than its size.
  await writeFile(traces, '{"a":2}\n');
  expect((await onAws(start)).code).toBe(2);
});

test('a secret that only this machine has is refused before anything is uploaded', async () => {
  const customizer = {
    ...{ entity_host: 'https://e.example.com', datastore_host: 'https://d.example.com' },
    ...{ namespace: 'n', customization_config: 'c', hf_token: 'hf_plain' },
  };
  const { code, stderr } = await onAws([
    'start',
    SAMPLE,
    '--set',
    `training.nemo_customizer=${JSON.stringify(customizer)}`,
  ]);
  expect(code).toBe(2);
  expect(stderr).toContain('training.nemo_customizer.hf_token_secret_arn is a secret of this machine');
  expect(stderr).not.toContain('hf_plain');
  expect(aws.executions).toEqual([]);
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
  expect(stderr).toMatch(/Run r continues on AWS\. Follow it again with: dpo status r --follow\n$/);
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
    /\nNoCandidates: There is none\.\nFix the cause, then: dpo redrive r\. It keeps what was built\.\n$/,
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

test('while a workflow is asked its batches are told, then the shards that are built, then those that are written', async () => {
  await onAws(['start', 's3://traces/x.json', '--run-id', 'r', '--no-follow']);
  aws.maps = ['RunWorkflow'];
  expect((await onAws(['status', 'r'])).stderr).toBe('BuildShards, 3 of 6 batches done (2 running)\n');
  aws.maps = ['BuildShards', 'RunWorkflow'];
  expect((await onAws(['status', 'r'])).stderr).toMatch(/, 3 of 6 shards done \(2 running\), 104 pairs so far\n$/);
  aws.maps = ['WriteDatasets', 'BuildShards', 'RunWorkflow'];
  expect((await onAws(['status', 'r'])).stderr).toMatch(/, 3 of 6 shards done \(2 running\), 104 pairs so far\n$/);
});

test('--profile and --region say whose account is asked and where; else the environment does', async () => {
  const files = { AWS_CONFIG_FILE: join(folder, 'config'), AWS_SHARED_CREDENTIALS_FILE: join(folder, 'credentials') };
  await writeFile(files.AWS_CONFIG_FILE, '[profile research]\nregion = eu-west-1\n');
  await writeFile(
    files.AWS_SHARED_CREDENTIALS_FILE,
    '[research]\naws_access_key_id = RESEARCH\naws_secret_access_key = secret\n',
  );
  const signersOf = async (args: readonly string[], env: NodeJS.ProcessEnv = {}) => {
    aws.signers.clear();
    const { code, stderr } = await dpo(['list', ...args], {
      env: { AWS_ENDPOINT_URL: aws.endpoint, ...files, ...env },
    });
    expect(code, stderr).toBe(0);
    return [...aws.signers];
  };
  expect(await signersOf(['--profile', 'research'])).toEqual(['RESEARCH/eu-west-1']);
  expect(await signersOf(['--profile', 'research', '--region', 'us-east-2'])).toEqual(['RESEARCH/us-east-2']);
  expect(await signersOf([], { AWS_PROFILE: 'research' })).toEqual(['RESEARCH/eu-west-1']);
  const keys = { AWS_ACCESS_KEY_ID: 'OWN', AWS_SECRET_ACCESS_KEY: 'secret', AWS_REGION: 'eu-north-1' };
  expect(await signersOf([], keys)).toEqual(['OWN/eu-north-1']);
  expect(await signersOf(['--profile', 'research'], keys)).toEqual(['RESEARCH/eu-north-1']);
});

test('a stack or a run that is not there is told with the way out', async () => {
  const stack = await onAws(['list', '--stack', 'Other']);
  expect(stack).toMatchObject({ code: 2, stderr: expect.stringMatching(/^Stack Other does not exist .*--region/) });
  const run = await onAws(['status', 'nothing']);
  expect(run).toMatchObject({
    code: 2,
    stderr: 'No execution is named nothing. dpo list shows all executions.\n',
  });
});

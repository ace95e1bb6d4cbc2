import { afterAll, beforeAll, expect, test } from 'vitest';
import { RunFailure } from '../../lib/contract/failure.ts';
import { uploadedRunId } from '../../lib/stages/request-of.ts';
import { type Lambda, startLambda } from '../support/lambda.ts';
import { type NemoServer, startNemo } from '../support/nemo-server.ts';
import { customizer } from '../support/training-run.ts';
import { answers, startWorkflowServer } from '../support/workflow-server.ts';

const ARN = 'arn:aws:secretsmanager:eu-central-1:123456789012:secret:agent-AbCdEf';

let lambda: Lambda;
let nemo: NemoServer;
let agent: Awaited<ReturnType<typeof startWorkflowServer>>;
beforeAll(async () => {
  nemo = await startNemo();
  agent = await startWorkflowServer(answers('x'));
  const allowedEndpoints = [
    { origin: agent.origin, purpose: 'workflow', secretArns: [ARN] },
    { origin: nemo.url, purpose: 'training' },
  ];
  lambda = await startLambda({ secrets: { [ARN]: 'secret' }, allowedEndpoints, sampled: false });
});
afterAll(async () => {
  await Promise.all([lambda.close(), nemo.close(), agent.close()]);
});

const PRIVATE = '{"id":1,"question":"of another run"}\n';

test("an uploaded run.json sends no other run's rows, uses no secret, trains nothing and takes no run id", async () => {
  lambda.s3.put('collections', 'runs/theirs/rows.jsonl', PRIVATE);
  const dataset = { bucket: 'collections', key: 'runs/theirs/rows.jsonl' };
  const runJson = {
    run_id: 'nightly',
    source: { workflow: { endpoint: agent.origin, dataset, auth_secret_arn: ARN } },
    training: customizer(nemo.url, { auth_secret_arn: ARN }),
  };
  lambda.s3.put('traces', 'traces/run.json', JSON.stringify(runJson));
  const event = uploaded('traces/run.json');
  const run = uploadedRunId(event);
  expect(await lambda.execute('from-upload', event)).toMatchObject({ status: 'failed', error: 'InvalidRequest' });
  const failure = String(lambda.s3.get('collections', `runs/${run}/failure.json`));
  expect(RunFailure.parse(JSON.parse(failure))).toMatchObject({
    state: 'Evaluate',
    error: 'InvalidRequest',
    message: expect.stringContaining('/traces/run.json sets run_id, source, training: '),
  });
  expect(agent.asked).toEqual([]);
  expect(lambda.s3.keys('collections')).toEqual([`runs/theirs/rows.jsonl`, `runs/${run}/failure.json`].toSorted());
});

test("a run that is started by its request sends no other run's rows either", async () => {
  lambda.s3.put('collections', 'runs/theirs/rows.jsonl', PRIVATE);
  const dataset = { bucket: 'collections', key: 'runs/theirs/rows.jsonl' };
  const result = await lambda.execute('started', { source: { workflow: { endpoint: agent.origin, dataset } } });
  expect(result).toMatchObject({
    status: 'failed',
    error: 'InvalidRequest',
    cause: expect.stringContaining('datasets are read only under traces/traces/'),
  });
  expect(agent.asked).toEqual([]);
});

test('what NAT uploads beside its traces ends as it began: no run, no failure', async () => {
  const before = lambda.s3.keys('collections');
  lambda.s3.put('traces', 'traces/eval/config_metadata.json', '{"reps": 3}');
  lambda.s3.put('traces', 'traces/eval/quality_output.json', '{"average_score": 1, "eval_output_items": []}');
  for (const name of ['config_metadata', 'quality_output']) {
    const result = await lambda.execute(name, uploaded(`traces/eval/${name}.json`));
    expect(result).toMatchObject({ status: 'succeeded', output: { status: 'passed_over' } });
  }
  expect(lambda.s3.keys('collections')).toEqual(before);
});

/** An event of S3's, as EventBridge passes it on. */
const uploaded = (key: string) => ({
  ...{ version: '0', id: '1', 'detail-type': 'Object Created', source: 'aws.s3', account: '123456789012' },
  detail: { version: '0', bucket: { name: 'traces' }, object: { key, size: 5 }, reason: 'PutObject' },
});

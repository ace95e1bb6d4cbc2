import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { startAwsServer } from '../cli/aws-server.ts';
import { contextOf } from '../support/lambda-context.ts';
import { type S3Server, startS3Server } from '../support/s3-server.ts';

const ARN = 'arn:aws:states:eu-central-1:1:stateMachine:Machine';

let s3: S3Server;
let aws: Awaited<ReturnType<typeof startAwsServer>>;
let handle: (records: readonly object[]) => Promise<{ batchItemFailures: { itemIdentifier: string }[] }>;
beforeAll(async () => {
  s3 = await startS3Server({ pageSize: 2 });
  aws = await startAwsServer({ StateMachineArn: ARN });
  const environment = {
    ...{ STATE_MACHINE_ARN: ARN, AWS_REGION: 'eu-central-1', AWS_MAX_ATTEMPTS: '1' },
    ...{ AWS_ENDPOINT_URL_S3: s3.endpoint, AWS_ENDPOINT_URL_SFN: aws.endpoint },
    ...{ AWS_ACCESS_KEY_ID: 'key', AWS_SECRET_ACCESS_KEY: 'secret' },
    ...{ POWERTOOLS_LOG_LEVEL: 'SILENT', POWERTOOLS_METRICS_DISABLED: 'true' },
  };
  for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
  const { handler } = await import('../../functions/gather-uploads.ts');
  handle = (Records) => handler({ Records }, contextOf('gather'));
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await Promise.all([s3.close(), aws.close()]);
});
beforeEach(() => {
  aws.executions.splice(0);
  s3.createBucket('traces');
  for (const name of ['1.jsonl', '2.jsonl', '3.jsonl', 'b/4.jsonl']) s3.put('traces', `traces/a/${name}`, '{}');
});

const message = (messageId: string, key: string, time = new Date()) => ({
  messageId,
  body: JSON.stringify({
    ...{ 'detail-type': 'Object Created', time: time.toISOString() },
    detail: { bucket: { name: 'traces' }, object: { key } },
  }),
});

test('a quiet folder starts one execution, named after what is in it, however often its events come', async () => {
  const messages = [message('1', 'traces/a/1.jsonl'), message('2', 'traces/a/2.jsonl')];
  for (const _ of [1, 2]) expect(await handle(messages)).toEqual({ batchItemFailures: [] });
  const [execution] = aws.executions;
  expect(aws.executions).toHaveLength(1);
  const [run_id, anyTime] = [expect.stringMatching(/^upload-[0-9a-f]{16}$/), expect.any(String)];
  expect(execution).toMatchObject({
    ...{ name: run_id, input: { run_id, gathered: { bucket: 'traces', folder: 'traces/a/', until: anyTime } } },
  });
  expect(execution?.input).toHaveProperty('run_id', execution?.name);
  // One that has ended is not done again.
  if (execution) execution.status = 'SUCCEEDED';
  expect(await handle(messages)).toEqual({ batchItemFailures: [] });
  expect(aws.executions).toHaveLength(1);
});

test('a folder to which something came later is left to the later event', async () => {
  const early = new Date(Date.now() - 3_600_000);
  expect(await handle([message('1', 'traces/a/1.jsonl', early)])).toEqual({ batchItemFailures: [] });
  expect(aws.executions).toEqual([]);
});

test('the messages of a folder that cannot be listed come again, and its neighbours are done', async () => {
  s3.fail({ operation: 'ListObjectsV2' }, { kind: 'error', status: 403, code: 'AccessDenied' });
  const messages = [message('1', 'traces/other/1.jsonl'), message('2', 'traces/a/1.jsonl')];
  expect(await handle([...messages, { messageId: '3', body: 'no event' }])).toEqual({
    batchItemFailures: [{ itemIdentifier: '3' }, { itemIdentifier: '1' }],
  });
  expect(aws.executions).toHaveLength(1);
});

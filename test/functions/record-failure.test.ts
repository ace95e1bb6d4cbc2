import { afterAll, beforeAll, expect, test } from 'vitest';
import { RunFailure } from '../../lib/contract/failure.ts';
import { endOf } from '../support/ended-execution.ts';
import { type Lambda, startLambda } from '../support/lambda.ts';

const SECRET = 'SECRET-4711';

let lambda: Lambda;
beforeAll(async () => {
  lambda = await startLambda({ secrets: {}, allowedEndpoints: [], sampled: false });
});
afterAll(() => lambda.close());

const source = { traces: { bucket: 'traces', key: 'traces.jsonl' } };

test("an execution's end, as EventBridge tells of it, is recorded in its run and logged under its name", async () => {
  lambda.logged();
  const output = await lambda.invoke('RecordFailure', endOf('stopped', { source }));
  expect(output).toEqual({
    failure: { Error: 'ABORTED', Cause: 'Somebody stopped the execution.' },
    recorded: 'runs/stopped/failure.json',
  });
  const stored = String(lambda.s3.get('collections', 'runs/stopped/failure.json'));
  expect(RunFailure.parse(JSON.parse(stored))).toMatchObject({ run_id: 'stopped', error: 'ABORTED' });
  expect(lambda.logged()).toMatch(/"message":"ended".*"execution":"stopped"/);
});

test('of the input that the event carries nothing is logged', async () => {
  lambda.logged();
  const input = { source, token: SECRET };
  expect(await lambda.invoke('RecordFailure', endOf('refused', input))).toMatchObject({ recorded: null });
  await expect(lambda.invoke('RecordFailure', endOf('', input))).rejects.toThrow();
  expect(lambda.logged()).not.toContain(SECRET);
});

test('a store that does not answer fails the call, so that it is made again', async () => {
  lambda.s3.fail({ operation: 'PutObject' }, { kind: 'error', status: 503, code: 'SlowDown' }, 9);
  await expect(lambda.invoke('RecordFailure', endOf('later', { source }))).rejects.toMatchObject({
    name: 'StoreUnavailable',
  });
  lambda.s3.calm();
  expect(await lambda.invoke('RecordFailure', endOf('later', { source }))).toMatchObject({
    recorded: 'runs/later/failure.json',
  });
});

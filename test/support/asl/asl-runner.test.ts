import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { failure, invoke, only, retryOn, run } from './machine.ts';

const failed = { Type: 'Fail', ErrorPath: '$.failure.Error', CausePath: '$.failure.Cause' };
const caughtBy = (name: string) => ({
  StartAt: 'Step',
  States: {
    Step: invoke('Step', { Catch: [{ ErrorEquals: [name], ResultPath: '$.failure', Next: 'Failed' }], End: true }),
    Failed: failed,
  },
});

describe('a task', () => {
  test('gets the evaluated payload, and its result is the output', async () => {
    const Parameters = {
      FunctionName: invoke('Step').Parameters.FunctionName,
      Payload: {
        'name.$': '$$.Execution.Name',
        'all.$': '$',
        'text.$': "States.Format('{}/{}', $.a.b, 'c')",
        'parsed.$': 'States.StringToJson($.text)',
        plain: [{ 'nested.$': '$.a' }],
      },
    };
    const input = { a: { b: 1 }, text: '{"x":[null,0,""]}' };
    const { result } = await run({
      definition: only({ ...invoke('Step'), Parameters }),
      input,
      handlers: { Step: async (payload) => ({ got: payload }) },
    });
    expect(result).toEqual({
      status: 'succeeded',
      output: {
        got: {
          name: 'execution-1',
          all: input,
          text: '1/c',
          parsed: { x: [null, 0, ''] },
          plain: [{ nested: input.a }],
        },
      },
    });
  });

  test('is tried again for an error named in Retry, and then succeeds', async () => {
    let calls = 0;
    const { result, events } = await run({
      definition: only(invoke('Step', { Retry: retryOn('StoreUnavailable', 2), End: true })),
      handlers: {
        Step: async () => {
          calls++;
          if (calls < 3) throw failure('StoreUnavailable', 'no answer');
          return { calls };
        },
      },
    });
    expect(result).toEqual({ status: 'succeeded', output: { calls: 3 } });
    expect(events.filter(({ type }) => type === 'state_retried')).toEqual([
      { type: 'state_retried', state: 'Only', rule: 0, error: 'StoreUnavailable', attempt: 1 },
      { type: 'state_retried', state: 'Only', rule: 0, error: 'StoreUnavailable', attempt: 2 },
    ]);
  });

  test('is not tried again for an error of another name', async () => {
    let calls = 0;
    const { result } = await run({
      definition: only(invoke('Step', { Retry: retryOn('StoreUnavailable', 2), End: true })),
      handlers: {
        Step: async () => {
          calls++;
          throw failure('InputChanged', 'traces.json is another file now');
        },
      },
    });
    expect(calls).toBe(1);
    expect(result).toEqual({ status: 'failed', error: 'InputChanged', cause: 'traces.json is another file now' });
  });

  test.each(['InputChanged', 'States.ALL', 'States.TaskFailed'])(
    'that fails is caught by %s, with the Cause as Lambda writes it',
    async (name) => {
      const { result, events } = await run({
        definition: caughtBy(name),
        handlers: {
          Step: async () => {
            throw failure('InputChanged', 'a "quoted"\nmessage');
          },
        },
      });
      expect(result).toEqual({ status: 'failed', error: 'InputChanged', cause: 'a "quoted"\nmessage' });
      expect(events).toContainEqual({
        type: 'state_exited',
        state: 'Step',
        output: {
          failure: {
            Error: 'InputChanged',
            Cause: '{"errorType":"InputChanged","errorMessage":"a \\"quoted\\"\\nmessage","trace":[]}',
          },
        },
      });
    },
  );

  test('is not caught by another name', async () => {
    const { result } = await run({
      definition: caughtBy('NoTraces'),
      handlers: {
        Step: async () => {
          throw failure('InputChanged', 'message');
        },
      },
    });
    expect(result).toMatchObject({ status: 'failed', error: 'InputChanged' });
  });

  test('that gives more than 256 KiB fails the run past its Catch, as on AWS', async () => {
    const { result } = await run({
      definition: caughtBy('States.ALL'),
      handlers: { Step: async () => 'x'.repeat(262_144) },
    });
    expect(result).toMatchObject({ status: 'failed', error: 'States.DataLimitExceeded' });
  });

  test('that takes longer than its timeout fails by States.Timeout', async () => {
    const { result } = await run({
      definition: only({ ...invoke('Step'), TimeoutSeconds: 1 }),
      handlers: { Step: () => pause(1500) },
    });
    expect(result).toMatchObject({ status: 'failed', error: 'States.Timeout' });
  });

  test('cannot change the input of its state', async () => {
    const { result } = await run({
      definition: only({ ...invoke('Step'), ResultPath: '$.result', OutputPath: '$' }),
      input: { list: [1] },
      handlers: {
        Step: async (payload) => {
          if (typeof payload === 'object' && payload && 'list' in payload && Array.isArray(payload.list))
            payload.list.pop();
          return 'done';
        },
      },
    });
    expect(result).toMatchObject({ output: { list: [1], result: { Payload: 'done' } } });
  });
});

test('Choice, Wait, Pass and Succeed lead on in order', async () => {
  const { result, events } = await run({
    definition: {
      StartAt: 'Wait',
      States: {
        Wait: { Type: 'Wait', SecondsPath: '$.seconds', Next: 'Choose' },
        Choose: { Type: 'Choice', Choices: [{ Variable: '$.n', NumericGreaterThan: 2, Next: 'Many' }], Default: 'Few' },
        Many: { Type: 'Pass', Parameters: { 'many.$': '$.n' }, Next: 'Done' },
        Few: { Type: 'Pass', Result: { few: true }, Next: 'Done' },
        Done: { Type: 'Succeed' },
      },
    },
    input: { n: 3, seconds: 3600 },
  });
  expect(result).toEqual({ status: 'succeeded', output: { many: 3 } });
  expect(events.flatMap((event) => (event.type === 'state_entered' ? event.state : []))).toEqual([
    'Wait',
    'Choose',
    'Many',
    'Done',
  ]);
});

import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { failure, invoke, map, only, run } from './machine.ts';

const retryOn = (name: string, MaxAttempts: number) => [{ ErrorEquals: [name], IntervalSeconds: 60, MaxAttempts }];
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
      { type: 'state_retried', state: 'Only', error: 'StoreUnavailable', attempt: 1 },
      { type: 'state_retried', state: 'Only', error: 'StoreUnavailable', attempt: 2 },
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

describe('a Distributed Map', () => {
  const plan = (items: number) => ({ 'plan.json': Array.from({ length: items }, (_, ordinal) => ({ ordinal })) });

  test('runs a child for each item, in order, and passes its own input on', async () => {
    const seen: unknown[] = [];
    const ItemSelector = {
      'index.$': '$$.Map.Item.Index',
      'ordinal.$': '$$.Map.Item.Value.ordinal',
      'run.$': '$.run',
      'name.$': '$$.Execution.Name',
    };
    const { result } = await run({
      definition: only(map({ ItemSelector, MaxConcurrency: 1 })),
      input: { run: 'a' },
      objects: plan(3),
      handlers: { Build: async (payload) => seen.push(payload) },
    });
    expect(result).toEqual({ status: 'succeeded', output: { run: 'a' } });
    expect(seen).toEqual([0, 1, 2].map((at) => ({ index: at, ordinal: at, run: 'a', name: 'execution-1' })));
  });

  test.each([
    ['its own limit', { MaxConcurrency: 2 }, 8, 2],
    ['its limit by path', { MaxConcurrencyPath: '$.limit' }, 8, 3],
    ['the limit of this machine', { MaxConcurrency: 100 }, 4, 4],
    ['the limit of this machine alone where it has none', { MaxConcurrency: 0 }, 4, 4],
  ])('keeps to %s', async (_, limits, maxConcurrency, most) => {
    let running = 0;
    let peak = 0;
    const full = Promise.withResolvers<void>();
    const { result } = await run({
      definition: only(map(limits)),
      input: { limit: 3 },
      objects: plan(12),
      maxConcurrency,
      handlers: {
        Build: async () => {
          running++;
          peak = Math.max(peak, running);
          if (running === most) full.resolve();
          await full.promise;
          running--;
        },
      },
    });
    expect(result.status).toBe('succeeded');
    expect(peak).toBe(most);
  });

  test('tells how many items have started, succeeded and failed', async () => {
    const { events } = await run({
      definition: only(map({ MaxConcurrency: 1 })),
      objects: plan(3),
      handlers: {
        Build: async (item) => {
          if (JSON.stringify(item) === '{"ordinal":1}') throw failure('InputChanged', 'message');
          return 'built';
        },
      },
    });
    const counts = (started: number, succeeded: number, failed: number) => ({
      state: 'Only',
      items: 3,
      started,
      succeeded,
      failed,
    });
    expect(events.filter(({ type }) => type.startsWith('item'))).toEqual([
      { type: 'item_started', item: 0, ...counts(1, 0, 0) },
      { type: 'item_succeeded', item: 0, output: 'built', ...counts(1, 1, 0) },
      { type: 'item_started', item: 1, ...counts(2, 1, 0) },
      { type: 'item_failed', item: 1, error: 'InputChanged', ...counts(2, 1, 1) },
    ]);
  });

  test('starts no child after the first that fails, tries none again, and waits for those at work', async () => {
    let calls = 0;
    let running = 0;
    const full = Promise.withResolvers<void>();
    const firstFailed = Promise.withResolvers<void>();
    const Build = invoke('Build', { Retry: retryOn('StoreUnavailable', 5), End: true });
    const { result } = await run({
      definition: only(map({ ItemProcessor: { ...map().ItemProcessor, States: { Build } } })),
      objects: plan(50),
      maxConcurrency: 4,
      handlers: {
        Build: async (item) => {
          calls++;
          running++;
          if (running === 4) full.resolve();
          const first = JSON.stringify(item) === '{"ordinal":0}';
          await (first ? full.promise : firstFailed.promise);
          if (!first) await pause(5);
          running--;
          throw first ? failure('InputChanged', 'message') : failure('StoreUnavailable', 'no answer');
        },
      },
      onEvent: ({ type }) => {
        if (type === 'item_failed') firstFailed.resolve();
      },
    });
    expect(result).toMatchObject({ status: 'failed', error: 'States.ExceedToleratedFailureThreshold' });
    expect({ calls, running }).toEqual({ calls: 4, running: 0 });
  });

  test('retries within a child', async () => {
    const tries = new Map<string, number>();
    const Build = invoke('Build', { Retry: retryOn('StoreUnavailable', 1), End: true });
    const { result, events } = await run({
      definition: only(map({ ItemProcessor: { ...map().ItemProcessor, States: { Build } } })),
      objects: plan(3),
      handlers: {
        Build: async (item) => {
          const at = JSON.stringify(item);
          tries.set(at, (tries.get(at) ?? 0) + 1);
          if (tries.get(at) === 1) throw failure('StoreUnavailable', 'no answer');
        },
      },
    });
    expect(result.status).toBe('succeeded');
    expect(events.filter(({ type }) => type === 'item_retried')).toHaveLength(3);
  });

  test.each([
    ['is not there', {}],
    ['holds no array', { 'plan.json': { items: [] } }],
  ])('fails by States.ItemReaderFailed where its file of items %s', async (_, objects) => {
    const { result } = await run({ definition: only(map()), objects, handlers: { Build: async () => null } });
    expect(result).toMatchObject({ status: 'failed', error: 'States.ItemReaderFailed' });
    expect(result).toHaveProperty('cause', expect.stringContaining('plan.json'));
  });

  test('with no items succeeds', async () => {
    const { result } = await run({
      definition: only(map()),
      objects: { 'plan.json': [] },
      handlers: { Build: async () => null },
    });
    expect(result.status).toBe('succeeded');
  });
});

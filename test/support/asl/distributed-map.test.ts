import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { failure, invoke, map, only, retryOn, run } from './machine.ts';

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
    expect(events.flatMap((event) => (event.type === 'state_retried' ? event.child : []))).toEqual(
      [0, 1, 2].map((item) => ({ map: 'Only', item })),
    );
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

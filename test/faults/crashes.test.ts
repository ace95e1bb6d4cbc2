import { expect, test } from 'vitest';
import { crashAsking, racingAsking } from './asking.ts';
import { crashAnywhere, inMemory } from './crashes.ts';
import { racingExecutions } from './races.ts';
import { full, gated, inManyFiles } from './traces.ts';

const none = { lost: 0, doubled: 0, changed: 0 };

test.each(['strict', 'nat'])(
  'a %s run that dies at any of its side effects is the same, run again, as one that never died',
  async (compatibility) => {
    // Every eleventh here; `npm run test:faults` takes each.
    const rows = await crashAnywhere('in memory', full(compatibility), inMemory, 11);
    for (const row of rows) {
      expect(row).toMatchObject(none);
      expect(row.injected).toBeGreaterThan(5);
    }
  },
);

test.each(['strict', 'nat'])(
  'two executions of one %s run leave what one does, whatever their order',
  async (compatibility) => {
    expect(await racingExecutions(full(compatibility), 10)).toMatchObject({ injected: 10, ...none });
  },
);

test('a run in many files that dies at a side effect is the same, run again, as one of a single shard', async () => {
  // Every seventh here; `npm run test:faults` takes each.
  for (const row of await crashAnywhere('in many files', inManyFiles, inMemory, 7)) {
    expect(row).toMatchObject(none);
    expect(row.injected).toBeGreaterThan(15);
  }
});

test('a run that chooses for its gate alone and dies at a side effect is the same, run again', async () => {
  // Every fifth here; `npm run test:faults` takes each.
  for (const row of await crashAnywhere('with a gate alone', gated, inMemory, 5)) {
    expect(row).toMatchObject(none);
    expect(row.injected).toBeGreaterThan(5);
  }
});

test('two executions of one run in many files leave what one does, whatever their order', async () => {
  expect(await racingExecutions(inManyFiles, 10)).toMatchObject({ injected: 10, ...none });
});

test('a run that asks a live workflow and dies at a side effect is the same, run again', async () => {
  // Every seventh here; `npm run test:faults` takes each.
  for (const row of await crashAsking(7)) {
    expect(row).toMatchObject(none);
    expect(row.injected).toBeGreaterThan(3);
  }
});

test('two executions that ask one workflow at the same time leave what one does', async () => {
  expect(await racingAsking(5)).toMatchObject({ injected: 5, ...none });
});

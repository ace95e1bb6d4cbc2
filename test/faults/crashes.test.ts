import { expect, test } from 'vitest';
import { crashAsking, racingAsking } from './asking.ts';
import { crashAnywhere, inMemory } from './crashes.ts';
import { racingExecutions } from './races.ts';
import { full, inStretches } from './traces.ts';

const none = { lost: 0, doubled: 0, changed: 0 };

test.each(['strict', 'nat'])(
  'a %s run that dies at any of its side effects is the same, run again, as one that never died',
  async (compatibility) => {
    // Every fifth here; `npm run test:faults` takes each.
    const rows = await crashAnywhere('in memory', full(compatibility), inMemory, 5);
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

test('a run exported in stretches that dies at a side effect is the same, run again, as one exported in one go', async () => {
  // Every seventh here; `npm run test:faults` takes each.
  for (const row of await crashAnywhere('in stretches', inStretches, inMemory, 7)) {
    expect(row).toMatchObject(none);
    expect(row.injected).toBeGreaterThan(15);
  }
});

test('two executions that export one run in stretches leave what one does that exports it in one go', async () => {
  expect(await racingExecutions(inStretches, 10)).toMatchObject({ injected: 10, ...none });
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

import { expect, test } from 'vitest';
import { crashAnywhere, inMemory } from './crashes.ts';
import { racingExecutions } from './races.ts';
import { full } from './traces.ts';

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
    expect(await racingExecutions(compatibility, 10)).toMatchObject({ injected: 10, ...none });
  },
);

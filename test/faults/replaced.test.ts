import { expect, test } from 'vitest';
import { BY_ETAG, BY_VERSION, replacedInputs } from './replaced.ts';

const none = { lost: 0, doubled: 0, changed: 0 };

// Every tenth read here; `npm run test:faults` takes each.
test.each([
  [BY_VERSION.by, BY_VERSION, 'committed'],
  [BY_ETAG.by, BY_ETAG, 'InputChanged, planned anew committed'],
])(
  'a trace object that is replaced after %s was pinned is never mixed with what it was',
  async (_, pinned, outcome) => {
    const row = await replacedInputs(pinned, 10);
    expect(row).toMatchObject({ ...none, outcomes: { [outcome]: row.injected } });
    expect(row.injected).toBeGreaterThan(1);
  },
);

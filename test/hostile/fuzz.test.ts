import fc from 'fast-check';
import { expect, test, vi } from 'vitest';
import { hostileShards, nothingMet, OBJECTS_A_SHARD } from './fuzz.ts';
import { hostileSources } from './hostile-sources.ts';
import { hostileRuns } from './whole-runs.ts';

// `npm run fuzz` takes a hundred times as many, and other ones each time. No clock ends these: a busy machine takes longer,
// and each input is held to what it may cost of its thread.
const NO_CLOCK = { interruptAfterTimeLimit: undefined };
vi.setConfig({ testTimeout: 600_000 });

test('1,000 hostile trace objects are read, paired and written without a loss that is not told', async () => {
  const met = nothingMet();
  await fc.assert(hostileShards(met), { ...NO_CLOCK, numRuns: 1_000 / OBJECTS_A_SHARD });
  expect(met.objects).toBe(1_000);
  // Enough of each kind for the rest to mean something.
  expect(met.counters.total_pairs).toBeGreaterThan(200);
  for (const reason of ['invalid_json', 'invalid_utf8', 'too_deep', 'truncated', 'broken_gzip']) {
    expect(met.counters.rejected_items[reason]).toBeGreaterThan(2);
  }
  expect(met.counters.rejected_candidates.score_not_finite).toBeGreaterThan(20);
});

test('whole runs over hostile objects commit what their manifest says, or fail by a name', async () => {
  const outcomes = new Map<string, number>();
  await fc.assert(hostileRuns(outcomes), { ...NO_CLOCK, numRuns: 30 });
  const { committed = 0, 'committed, in many shards too': inManyShards = 0 } = Object.fromEntries(outcomes);
  expect(committed + inManyShards).toBeGreaterThan(20);
  expect(inManyShards).toBeGreaterThan(5);
});

test('damaged files of every container and source format commit what can be read, or fail by a name', async () => {
  const outcomes = new Map<string, number>();
  await fc.assert(hostileSources(outcomes), { ...NO_CLOCK, numRuns: 100 });
  expect(outcomes.get('committed')).toBeGreaterThan(15);
});

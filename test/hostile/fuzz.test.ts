import fc from 'fast-check';
import { expect, test } from 'vitest';
import { hostileShards, nothingMet, OBJECTS_A_SHARD } from './fuzz.ts';
import { hostileSources } from './hostile-sources.ts';
import { hostileRuns } from './whole-runs.ts';

// `npm run fuzz` takes twenty times as many, and other ones each time.

test('5,000 hostile trace objects are read, paired and written without a loss that is not told', async () => {
  const met = nothingMet();
  await fc.assert(hostileShards(met), { numRuns: 5_000 / OBJECTS_A_SHARD });
  expect(met.objects).toBe(5_000);
  // Enough of each kind for the rest to mean something.
  expect(met.counters.total_pairs).toBeGreaterThan(1_000);
  for (const reason of ['invalid_json', 'invalid_utf8', 'too_deep', 'truncated', 'broken_gzip']) {
    expect(met.counters.rejected_items[reason]).toBeGreaterThan(10);
  }
  expect(met.counters.rejected_candidates.score_not_finite).toBeGreaterThan(100);
});

test('whole runs over hostile objects commit what their manifest says, or fail by a name', async () => {
  const outcomes = new Map<string, number>();
  await fc.assert(hostileRuns(outcomes), { numRuns: 60 });
  const { committed = 0, 'committed, in many shards too': inManyShards = 0 } = Object.fromEntries(outcomes);
  expect(committed + inManyShards).toBeGreaterThan(40);
  expect(inManyShards).toBeGreaterThan(10);
});

test('damaged files of every container and source format commit what can be read, or fail by a name', async () => {
  const outcomes = new Map<string, number>();
  await fc.assert(hostileSources(outcomes), { numRuns: 300 });
  expect(outcomes.get('committed')).toBeGreaterThan(50);
});

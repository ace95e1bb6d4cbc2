import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type BenchRates, estimate, JOBS, type Job, LIMITS } from '../../bench/estimate.ts';
import { readResults } from '../../bench/results.ts';
import { RATES as OF_THE_PRODUCT } from '../../lib/estimate/rates.ts';

/** Of no machine: round numbers. */
const RATES: BenchRates = {
  buildSeconds: 1 / 100e6,
  writeSeconds: 1 / 200e6,
  collectionBytes: 0.5,
  datasetBytes: 0.4,
  pairs: 1 / 8000,
  chooseSecondsOfPair: 4e-6,
  pairsThatFit: 15_000_000,
};
const anyBytes = fc.integer({ min: 1, max: 1e12 });
const of = (bytes: number, formats = true): Job => ({ name: '', bytes, formats });

describe('the estimate of a run on AWS', () => {
  test('more traces never take less time, money or memory, and a dataset never takes less than none', () => {
    fc.assert(
      fc.property(anyBytes, anyBytes, (some, more) => {
        const [less, all] = [estimate(of(some), RATES), estimate(of(some + more), RATES)];
        for (const what of ['shards', 'pairs', 'choose', 'dollars'] as const) {
          expect(all[what]).toBeGreaterThanOrEqual(less[what]);
        }
        const without = estimate(of(some, false), RATES);
        expect(without.seconds).toBeLessThanOrEqual(less.seconds);
        expect(without.dollars).toBeLessThanOrEqual(less.dollars);
      }),
    );
  });

  test('no shard is larger than a request says', () => {
    fc.assert(
      fc.property(anyBytes, (bytes) => {
        expect(bytes / estimate(of(bytes), RATES).shards).toBeLessThanOrEqual(LIMITS.shard_bytes);
      }),
    );
  });

  test('small objects are packed into shards, and large ones are cut', () => {
    const small = JOBS.find(({ objectBytes }) => objectBytes === 1e6);
    expect(small?.name).toBe('100,000 objects of 1 MB');
    expect(small && estimate(small, RATES).shards).toBe(Math.ceil(100_000 / 67));
    expect(estimate({ ...of(1e9), objectBytes: 1e9 }, RATES)).toEqual(estimate(of(1e9), RATES));
  });

  test("names Choose's memory where more pairs are chosen among than fit", () => {
    const terabyte = JOBS.find(({ bytes, formats }) => bytes === 1e12 && formats);
    const [first] = terabyte ? estimate(terabyte, RATES).taken : [];
    expect(first?.limit).toBe("Choose's memory");
    expect(first?.share).toBeCloseTo(1e12 / 8000 / 15e6, 6);
  });

  test('by hand: 1 GB is 15 shards, all at once, each bounded by its network', () => {
    const { shards, build, choose, write, finalize } = estimate(of(1e9), RATES);
    expect(shards).toBe(15);
    const each = 1e9 / 15;
    expect(build).toBeCloseTo((each * 1.5) / 75e6, 6);
    expect(write).toBeCloseTo((each * 0.9) / 75e6, 6);
    expect(choose).toBeCloseTo(125_000 * 4e-6, 6);
    expect(finalize).toBeCloseTo((each * 0.9) / 50e6, 6);
  });
});

test('the rates by which a run is estimated are those of the benchmark, within half and twice', () => {
  const { comparison, choose } = readResults();
  const near = (rate: number, measured: number) => {
    expect(rate).toBeGreaterThan(measured / 2);
    expect(rate).toBeLessThan(2 * measured);
  };
  for (const { form, megabytes, programs } of comparison?.inputs ?? []) {
    const { dpo, dpo_without_formats: without } = programs;
    // A compact array is one task's, and read by a scanner of its own.
    if (!dpo || !without || form === 'compact') continue;
    near(OF_THE_PRODUCT.buildSeconds, without.cpu_seconds / (megabytes * 1e6));
    near(OF_THE_PRODUCT.writeSeconds, (dpo.cpu_seconds - without.cpu_seconds) / (megabytes * 1e6));
  }
  for (const { formats, seconds, pairs } of choose?.rows ?? []) {
    if (formats.length === 1) near(OF_THE_PRODUCT.chooseSecondsOfPair, seconds / pairs);
  }
});

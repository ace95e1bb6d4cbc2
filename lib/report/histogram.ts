import type { Bin } from './input.ts';

/** A histogram of values of unknown range, 0 or more, in bounded memory. */
export type Histogram = {
  readonly add: (value: number) => void;
  /** At most {@link MOST_BINS} bins of one round width, and an open one for the last half percent when it lies far out. */
  readonly bins: () => Bin[];
  /** The values kept to three digits, lowest first: exact for integers below 1000. */
  readonly values: () => { value: number; count: number }[];
};

/**
 * Values are kept to three significant decimal digits. Bins of a width of 1, 2 or 5 times a power of ten then have
 * their edges between kept values, so their counts are exact.
 */
export function histogram({ whole }: { readonly whole: boolean }): Histogram {
  const counts = new Map<number, number>();
  const values = () => [...counts].map(([value, count]) => ({ value, count })).sort((a, b) => a.value - b.value);
  return {
    add: (value) => {
      const kept = threeDigits(value);
      counts.set(kept, (counts.get(kept) ?? 0) + 1);
    },
    values,
    bins: () => binned(values(), whole),
  };
}

const MOST_BINS = 25;
/** Below this a margin is zero to any score in use; it bounds the number of kept values. */
const LEAST = 1e-9;

function threeDigits(value: number): number {
  if (!(value >= LEAST)) return 0;
  if (value === Number.POSITIVE_INFINITY) return Number.MAX_VALUE;
  const scale = Math.floor(Math.log10(value)) - 2;
  // The nudge undoes the division's rounding: 0.3 / 0.001 is 299.99….
  return Number(`${Math.floor(value / 10 ** scale + 1e-9)}e${scale}`);
}

function binned(values: readonly { value: number; count: number }[], whole: boolean): Bin[] {
  const last = values.at(-1);
  if (last === undefined) return [];
  const most = rangeEnd(values, last.value);
  const width = roundWidth(most / MOST_BINS, whole);
  const size = Math.floor(most / width + 1e-9) + 1;
  const bins: Bin[] = Array.from({ length: size }, (_, index) => ({
    from: edge(index, width),
    to: edge(index + 1, width),
    count: 0,
  }));
  if (most < last.value) bins.push({ from: edge(size, width), to: null, count: 0 });
  for (const { value, count } of values) {
    const bin = bins[Math.min(Math.floor(value / width + 1e-9), bins.length - 1)];
    if (bin !== undefined) bin.count += count;
  }
  return bins;
}

/** The greatest value, or the 99.5th percentile when the greatest lies more than three times as far out. */
function rangeEnd(values: readonly { value: number; count: number }[], greatest: number): number {
  const total = values.reduce((sum, { count }) => sum + count, 0);
  let below = 0;
  for (const { value, count } of values) {
    below += count;
    if (below >= 0.995 * total) return greatest > 3 * value && value > 0 ? value : greatest;
  }
  return greatest;
}

/** The next 1, 2 or 5 times a power of ten; 0.1 when every value is 0. */
function roundWidth(least: number, whole: boolean): number {
  if (least === 0) return whole ? 1 : 0.1;
  const power = Math.floor(Math.log10(least));
  const digit = [1, 2, 5].find((candidate) => Number(`${candidate}e${power}`) >= least);
  const width = digit === undefined ? Number(`1e${power + 1}`) : Number(`${digit}e${power}`);
  return whole ? Math.max(1, width) : width;
}

const edge = (index: number, width: number): number => Number((index * width).toPrecision(12));

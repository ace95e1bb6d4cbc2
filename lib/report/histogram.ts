import * as z from 'zod';
import type { Bin } from './input.ts';

/** A value kept to three digits, and how many there are. */
export const KeptValue = z.tuple([z.number().min(0), z.int().min(1)]);
export type KeptValue = z.infer<typeof KeptValue>;

/**
 * A histogram of values of unknown range, 0 or more, in bounded memory. Values are kept to three significant decimal
 * digits. Bins of a width of 1, 2 or 5 times a power of ten then have their edges between kept values, so their counts are
 * exact.
 */
export function histogram({ whole }: { readonly whole: boolean }) {
  const counts = new Map<number, number>();
  const addMany = (value: number, count: number): void => {
    const code = encodeDigits(value);
    counts.set(code, (counts.get(code) ?? 0) + count);
  };
  /** Lowest first; exact for integers below 1000. */
  const kept = () =>
    [...counts].map(([code, count]): KeptValue => [decodeDigits(code), count]).sort(([a], [b]) => a - b);
  return {
    add: (value: number): void => addMany(value, 1),
    /** Adds what another histogram kept. */
    addKept: (values: readonly KeptValue[]): void => {
      for (const [value, count] of values) addMany(value, count);
    },
    kept,
    /** At most {@link MOST_BINS} bins of one round width, and an open one for the last half percent when it lies far out. */
    bins: () => binned(kept(), whole),
  };
}

const MOST_BINS = 25;
/** Below this a margin is zero to any score in use; it bounds the number of kept values. */
const LEAST = 1e-9;

/** Three digits and their power of ten as one integer, which a map finds several times faster than a fraction. */
function encodeDigits(value: number): number {
  if (!(value >= LEAST)) return 0;
  const finite = Math.min(value, Number.MAX_VALUE);
  const power = Math.floor(Math.log10(finite)) - 2;
  // The nudge undoes the division's rounding: 0.3 / 0.001 is 299.99….
  const digits = Math.floor(finite / 10 ** power + 1e-9);
  return digits === 1000 ? 1000 * (power + 1) + ABOVE_ZERO + 100 : 1000 * power + ABOVE_ZERO + digits;
}

const decodeDigits = (code: number): number =>
  code === 0 ? 0 : Number(`${code % 1000}e${Math.floor((code - ABOVE_ZERO) / 1000)}`);

/** Makes the codes of all powers of ten positive. */
const ABOVE_ZERO = 400_000;

function binned(values: readonly KeptValue[], whole: boolean): Bin[] {
  const last = values.at(-1);
  if (last === undefined) return [];
  const [greatest] = last;
  const most = rangeEnd(values, greatest);
  const width = roundWidth(most / MOST_BINS, whole);
  const size = Math.floor(most / width + 1e-9) + 1;
  const bins: Bin[] = Array.from({ length: size }, (_, index) => ({
    from: edge(index, width),
    to: edge(index + 1, width),
    count: 0,
  }));
  if (most < greatest) bins.push({ from: edge(size, width), to: null, count: 0 });
  for (const [value, count] of values) {
    const bin = bins[Math.min(Math.floor(value / width + 1e-9), bins.length - 1)];
    if (bin !== undefined) bin.count += count;
  }
  return bins;
}

/** The greatest value, or the 99.5th percentile when the greatest lies more than three times as far out. */
function rangeEnd(values: readonly KeptValue[], greatest: number): number {
  const total = values.reduce((sum, [, count]) => sum + count, 0);
  let below = 0;
  for (const [value, count] of values) {
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

/** The last edge above the greatest values is past what a number holds. */
const edge = (index: number, width: number): number =>
  Math.min(Number((index * width).toPrecision(12)), Number.MAX_VALUE);

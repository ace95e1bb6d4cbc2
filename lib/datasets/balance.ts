import type { Balance, Spread } from '../contract/dataset-result.ts';
import { keepFinite } from '../preferences/reward.ts';
import { type Column, doubles } from './columns.ts';

/** Bins of the margins' histogram. */
const BINS = 20;

interface WeighedPair {
  readonly chosenLength: number;
  readonly rejectedLength: number;
  readonly margin: number;
}

/**
 * Gathers the facts of the pairs kept, one pair after the other. It holds one double a pair, so that percentiles and
 * histogram are exact and depend on no order. `pairs`: so many are expected.
 */
export function scales(pairs: number) {
  const chosen = moments();
  const rejected = moments();
  const margins = doubles(pairs);
  const perTurn = new Map<number, number>();
  const perExample = new Map<number, number>();
  let longerChosen = 0;
  let longerRejected = 0;

  return {
    weigh({ chosenLength, rejectedLength, margin }: WeighedPair): void {
      chosen.add(chosenLength);
      rejected.add(rejectedLength);
      margins.push(margin);
      if (chosenLength > rejectedLength) longerChosen++;
      if (chosenLength < rejectedLength) longerRejected++;
    },
    /** So many pairs came from one turn, from one example. */
    turn: (pairs: number): void => tally(perTurn, pairs),
    example: (pairs: number): void => tally(perExample, pairs),
    facts: (): Balance => ({
      length:
        margins.length === 0
          ? null
          : {
              mean_chosen: chosen.mean(),
              mean_rejected: rejected.mean(),
              longer_chosen_rate: longerChosenRate(longerChosen, longerRejected),
              cohens_d: cohensD(chosen, rejected),
            },
      margin: marginFacts(sorted(margins)),
      pairs_per_example: spreadOf(perExample),
      pairs_per_turn: spreadOf(perTurn),
    }),
  };
}

/** Of the pairs whose answers differ in length, the share whose longer one is chosen; null where none differ. */
export const longerChosenRate = (longerChosen: number, longerRejected: number): number | null =>
  longerChosen + longerRejected === 0 ? null : longerChosen / (longerChosen + longerRejected);

/** Lengths are integers and their squares are summed as such: the sums are exact in any order. */
function moments() {
  let count = 0;
  let sum = 0;
  let squares = 0n;
  return {
    add(value: number) {
      count++;
      sum += value;
      squares += BigInt(value) * BigInt(value);
    },
    mean: () => sum / count,
    variance: () => Math.max(0, Number(squares) / count - (sum / count) ** 2),
  };
}

function cohensD(chosen: ReturnType<typeof moments>, rejected: ReturnType<typeof moments>): number | null {
  const deviation = Math.sqrt((chosen.variance() + rejected.variance()) / 2);
  return deviation === 0 ? null : (chosen.mean() - rejected.mean()) / deviation;
}

function marginFacts(sorted: Float64Array): Balance['margin'] {
  const min = sorted[0];
  const max = sorted.at(-1);
  if (min === undefined || max === undefined) return null;
  const percentile = (share: number): number => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? max;
  const histogram = new Array<number>(BINS).fill(0);
  for (const margin of sorted) {
    const bin = max === min ? 0 : Math.min(BINS - 1, Math.floor(((margin - min) / (max - min)) * BINS));
    histogram[bin] = (histogram[bin] ?? 0) + 1;
  }
  return {
    min,
    p5: percentile(0.05),
    p25: percentile(0.25),
    p50: percentile(0.5),
    p75: percentile(0.75),
    p95: percentile(0.95),
    max,
    mean: meanOf(sorted),
    histogram,
  };
}

/** The sum of margins near the largest double is past it: then each is divided first. */
function meanOf(margins: Float64Array): number {
  const mean = margins.reduce((sum, margin) => sum + margin, 0) / margins.length;
  return Number.isFinite(mean) ? mean : keepFinite(margins.reduce((sum, margin) => sum + margin / margins.length, 0));
}

/** Filled by hand: `from` would make a list of them first. */
function sorted(column: Column): Float64Array {
  const all = new Float64Array(column.length);
  for (let at = 0; at < all.length; at++) all[at] = column.at(at);
  return all.sort();
}

const tally = (counts: Map<number, number>, value: number): void => {
  counts.set(value, (counts.get(value) ?? 0) + 1);
};

/** Of how often each number came up. */
function spreadOf(counts: ReadonlyMap<number, number>): Spread | null {
  const sorted = [...counts].sort(([a], [b]) => a - b);
  const total = sorted.reduce((sum, [, times]) => sum + times, 0);
  const first = sorted[0];
  const last = sorted.at(-1);
  if (!first || !last) return null;
  let seen = 0;
  const median = sorted.find(([, times]) => {
    seen += times;
    return seen >= total / 2;
  });
  return {
    min: first[0],
    median: median?.[0] ?? first[0],
    mean: sorted.reduce((sum, [value, times]) => sum + value * times, 0) / total,
    max: last[0],
  };
}

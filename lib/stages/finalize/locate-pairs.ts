import type { BuiltShard } from '../summaries.ts';

/** A pair of the collection: its number there, and its place in its shard, both from 0. */
export interface LocatedPair {
  readonly number: number;
  readonly place: number;
}

/** The number of each shard's first pair. */
export function firstPairs(built: readonly BuiltShard[]): readonly number[] {
  let first = 0;
  return built.map(({ summary }) => {
    const here = first;
    first += summary.counters.total_pairs;
    return here;
  });
}

/** Pairs by shard, in the shards' order. */
export function locatePairs(
  numbers: readonly number[],
  built: readonly BuiltShard[],
): readonly { readonly built: BuiltShard; readonly pairs: readonly LocatedPair[] }[] {
  const firsts = firstPairs(built);
  return built.flatMap((shard, at) => {
    const first = firsts[at] ?? 0;
    const end = first + shard.summary.counters.total_pairs;
    const pairs = numbers
      .filter((number) => number >= first && number < end)
      .map((number) => ({ number, place: number - first }));
    return pairs.length === 0 ? [] : [{ built: shard, pairs }];
  });
}

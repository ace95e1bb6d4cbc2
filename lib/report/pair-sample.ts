import type * as z from 'zod';
import { SampleKind } from './input.ts';
import { type Reservoir, reservoir } from './reservoir.ts';

/** Those that are ranked: what is left out is only known when all pairs are. */
const RankedKind = SampleKind.exclude(['left_out']);

/** What a person pages through. */
const PAIRS_PER_KIND = 60;
export const MOST_SAMPLED_PAIRS = PAIRS_PER_KIND * RankedKind.options.length;

/** What pairs are ranked by. */
export interface PairRank {
  readonly hash: number;
  readonly margin: number;
  /** Of both responses together. */
  readonly length: number;
}

/** The pairs of each kind that rank first, whatever order they come in. `share`: of the whole sample's size. */
export function openPairSample<Pair extends PairRank>(share = 1) {
  const size = Math.ceil(PAIRS_PER_KIND * share);
  const kinds = RankedKind.options.map((kind) => ({ kind, by: RANK_BY[kind], pairs: reservoir<Pair>(size) }));
  return {
    /** Asked first, so that a pair that no kind keeps need not be described. */
    admits: (rank: PairRank): boolean => kinds.some(({ pairs, by }) => pairs.admits(by(rank), rank.hash)),
    keep: (pair: Pair): void => {
      for (const { pairs, by } of kinds) if (pairs.admits(by(pair), pair.hash)) pairs.keep(by(pair), pair);
    },
    /** In order of kind, then of that kind's rank; a pair of several kinds is there once. */
    kept: () => kindsByPair(kinds),
  };
}

const RANK_BY: Record<z.infer<typeof RankedKind>, (rank: PairRank) => number> = {
  widest: ({ margin }) => -margin,
  narrowest: ({ margin }) => margin,
  longest: ({ length }) => -length,
  random: ({ hash }) => hash,
};

function kindsByPair<Pair extends PairRank>(
  kinds: readonly { readonly kind: SampleKind; readonly pairs: Reservoir<Pair> }[],
): Map<Pair, SampleKind[]> {
  const found = new Map<Pair, SampleKind[]>();
  for (const { kind, pairs } of kinds) {
    for (const pair of pairs.kept()) {
      const before = found.get(pair);
      if (before) before.push(kind);
      else found.set(pair, [kind]);
    }
  }
  return found;
}

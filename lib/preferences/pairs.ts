import type { BuilderSettings } from '../contract/builder.ts';
import { type Counters, noCounts } from '../contract/counters.ts';
import type { PlacedCandidate } from './candidate.ts';
import { countPairs } from './count-pairs.ts';
import { marginOf } from './margin.ts';
import { rankTurn } from './ranked-turn.ts';
import { widestPairs } from './widest-pairs.ts';

export interface PreferencePair {
  readonly chosen: PlacedCandidate;
  readonly rejected: PlacedCandidate;
  /** `chosen.score - rejected.score`. */
  readonly margin: number;
  /** Candidates of the turn. */
  readonly among: number;
}

/** A turn whose pairs are counted. */
export interface CountedTurn {
  readonly counters: Counters;
  /** Makes them, in the order they are written: so many as `total_pairs` says. */
  readonly makePairs: () => readonly PreferencePair[];
}

/**
 * The preference pairs of one turn: NAT's rule 8, with `strict`'s refusals before it. Every possible pair is made or
 * counted under the first reason that skips it. Only those that are kept are made, so that a turn of many candidates,
 * whose pairs grow as their square, can be refused before.
 */
export function countTurn(candidates: readonly PlacedCandidate[], settings: BuilderSettings): CountedTurn {
  const turn = { ...noCounts(), total_turns: 1, total_candidates: candidates.length };
  if (candidates.length < 2) {
    const single = settings.require_multiple_candidates ? 1 : 0;
    return { counters: { ...turn, skipped_single_candidate: single }, makePairs: () => [] };
  }
  const ranked = rankTurn(settings.exhaustive_pairs ? candidates : bestAndWorst(candidates), settings);
  const { pairs, from, ...counts } = countPairs(ranked, settings);
  // Exhaustive pairs only, as in NAT.
  const kept = Math.min(pairs, (settings.exhaustive_pairs ? settings.max_pairs_per_turn : null) ?? pairs);
  const made = { total_pairs: kept, total_trajectories: kept, skipped_pair_limit: pairs - kept };
  return {
    counters: { ...turn, ...counts, ...made },
    makePairs() {
      const all: PreferencePair[] = [];
      for (const places of widestPairs(ranked, from, kept)) {
        const [chosen, rejected] = [ranked.candidates[places.chosen], ranked.candidates[places.rejected]];
        if (chosen && rejected)
          all.push({ chosen, rejected, margin: marginOf(chosen, rejected), among: candidates.length });
      }
      return all;
    },
  };
}

/** Of equal scores the first is the best, and the last the worst, as in NAT. */
function bestAndWorst(candidates: readonly PlacedCandidate[]): readonly PlacedCandidate[] {
  const ranked = candidates.toSorted((a, b) => b.score - a.score);
  return [ranked[0], ranked.at(-1)].filter((candidate) => candidate !== undefined);
}

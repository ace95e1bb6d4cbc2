import type { BuilderSettings } from '../contract/builder.ts';
import type { Counters } from '../contract/counters.ts';
import type { PlacedCandidate } from './candidate.ts';
import { keepFinite } from './reward.ts';

export interface PreferencePair {
  readonly chosen: PlacedCandidate;
  readonly rejected: PlacedCandidate;
  /** `chosen.score - rejected.score`. */
  readonly margin: number;
  /** Candidates of the turn. */
  readonly among: number;
}

/** The counters a turn adds to. */
export type PairCounters = Pick<
  Counters,
  | 'total_turns'
  | 'total_candidates'
  | 'total_pairs'
  | 'total_trajectories'
  | 'possible_pairs'
  | 'skipped_single_candidate'
  | 'skipped_score_diff'
  | 'skipped_prompt_mismatch'
  | 'skipped_identical'
  | 'skipped_tie'
  | 'skipped_pair_limit'
>;

/**
 * The preference pairs of one turn, in the order they are written: NAT's rule 8, with `strict`'s refusals before it.
 * Every possible pair is returned or counted under the first reason that skips it.
 */
export function pairTurn(
  candidates: readonly PlacedCandidate[],
  settings: BuilderSettings,
  counters: PairCounters,
): readonly PreferencePair[] {
  counters.total_turns += 1;
  counters.total_candidates += candidates.length;
  if (candidates.length < 2) {
    if (settings.require_multiple_candidates) counters.skipped_single_candidate += 1;
    return [];
  }
  // Stable: equal scores keep their order, as Python's sorted(reverse=True) does.
  const ranked = candidates.toSorted((a, b) => b.score - a.score);
  const pairs = settings.exhaustive_pairs
    ? pairAll(ranked, settings, counters)
    : pairBestAndWorst(ranked, settings, counters);
  counters.total_pairs += pairs.length;
  counters.total_trajectories += pairs.length;
  return pairs;
}

/** Pairs that a turn of so many candidates can have. */
export const countPossiblePairs = (candidates: number, exhaustive: boolean): number =>
  exhaustive ? (candidates * (candidates - 1)) / 2 : Math.min(Math.floor(candidates / 2), 1);

function pairAll(
  ranked: readonly PlacedCandidate[],
  settings: BuilderSettings,
  counters: PairCounters,
): PreferencePair[] {
  const pairs: PreferencePair[] = [];
  for (const [position, chosen] of ranked.entries()) {
    for (let below = position + 1; below < ranked.length; below++) {
      const rejected = ranked[below];
      const pair = rejected && pairTwo({ chosen, rejected, among: ranked.length }, settings, counters);
      if (pair) pairs.push(pair);
    }
  }
  // Margins that are cut to the largest double are ordered by what they were cut from.
  pairs.sort((a, b) => b.margin - a.margin || distance(b) - distance(a));
  const kept = pairs.slice(0, settings.max_pairs_per_turn ?? pairs.length);
  counters.skipped_pair_limit += pairs.length - kept.length;
  return kept;
}

function pairBestAndWorst(
  ranked: readonly PlacedCandidate[],
  settings: BuilderSettings,
  counters: PairCounters,
): PreferencePair[] {
  const [chosen, rejected] = [ranked[0], ranked.at(-1)];
  const pair = chosen && rejected && pairTwo({ chosen, rejected, among: ranked.length }, settings, counters);
  return pair ? [pair] : [];
}

function pairTwo(
  two: Omit<PreferencePair, 'margin'>,
  settings: BuilderSettings,
  counters: PairCounters,
): PreferencePair | undefined {
  counters.possible_pairs += 1;
  // Two finite scores can lie further apart than a double reaches, and JSON has no infinity.
  const pair = { ...two, margin: keepFinite(distance(two)) };
  const skipped = whySkip(pair, settings);
  if (!skipped) return pair;
  counters[skipped] += 1;
  return undefined;
}

const distance = ({ chosen, rejected }: Pick<PreferencePair, 'chosen' | 'rejected'>): number =>
  chosen.score - rejected.score;

const whySkip = ({ chosen, rejected, margin }: PreferencePair, settings: BuilderSettings) => {
  if (settings.compatibility === 'strict') {
    // The candidates of a turn mostly have one and the same prompt.
    if (chosen.prompt !== rejected.prompt && chosen.prompt.digest() !== rejected.prompt.digest()) {
      return 'skipped_prompt_mismatch';
    }
    // A template writes the tools into the prompt.
    if (chosen.tools !== rejected.tools && chosen.tools?.digest() !== rejected.tools?.digest()) {
      return 'skipped_prompt_mismatch';
    }
    if (chosen.response.digest() === rejected.response.digest()) return 'skipped_identical';
    const noise = noiseOf(chosen.score, rejected.score);
    if (margin <= noise) return 'skipped_tie';
    return margin + noise < settings.min_score_diff ? 'skipped_score_diff' : undefined;
  }
  return margin < settings.min_score_diff ? 'skipped_score_diff' : undefined;
};

/**
 * What two scores differ by without a difference: 0.1 + 0.2 is not 0.3, and 0.3 - 0.2 is less than 0.1. A double holds 16
 * digits; sums and means of scores keep nine of them.
 */
const noiseOf = (one: number, other: number): number => TOLERANCE * Math.max(Math.abs(one), Math.abs(other));

/** Relative to the larger of the two scores. */
const TOLERANCE = 1e-9;

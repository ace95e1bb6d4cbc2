import type { BuilderSettings } from '../contract/builder.ts';
import type { Counters } from '../contract/counters.ts';
import type { Candidate } from './candidate.ts';

export interface PreferencePair {
  readonly chosen: Candidate;
  readonly rejected: Candidate;
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
  candidates: readonly Candidate[],
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
    ? everyPair(ranked, settings, counters)
    : bestAgainstWorst(ranked, settings, counters);
  counters.total_pairs += pairs.length;
  counters.total_trajectories += pairs.length;
  return pairs;
}

/** Pairs that a turn of `candidates` can have. */
export const possiblePairs = (candidates: number, exhaustive: boolean): number =>
  exhaustive ? (candidates * (candidates - 1)) / 2 : Math.min(Math.floor(candidates / 2), 1);

function everyPair(ranked: readonly Candidate[], settings: BuilderSettings, counters: PairCounters): PreferencePair[] {
  const pairs: PreferencePair[] = [];
  for (const [position, chosen] of ranked.entries()) {
    for (let below = position + 1; below < ranked.length; below++) {
      const rejected = ranked[below];
      const pair = rejected && consider(chosen, rejected, ranked.length, settings, counters);
      if (pair) pairs.push(pair);
    }
  }
  pairs.sort((a, b) => b.margin - a.margin);
  const kept = pairs.slice(0, settings.max_pairs_per_turn ?? pairs.length);
  counters.skipped_pair_limit += pairs.length - kept.length;
  return kept;
}

function bestAgainstWorst(
  ranked: readonly Candidate[],
  settings: BuilderSettings,
  counters: PairCounters,
): PreferencePair[] {
  const best = ranked[0];
  const worst = ranked.at(-1);
  const pair = best && worst && consider(best, worst, ranked.length, settings, counters);
  return pair ? [pair] : [];
}

function consider(
  chosen: Candidate,
  rejected: Candidate,
  among: number,
  settings: BuilderSettings,
  counters: PairCounters,
): PreferencePair | undefined {
  counters.possible_pairs += 1;
  // Two finite scores can lie further apart than a double reaches, and JSON has no infinity.
  const margin = Math.min(chosen.score - rejected.score, Number.MAX_VALUE);
  const skipped = whySkip(chosen, rejected, margin, settings);
  if (!skipped) return { chosen, rejected, margin, among };
  counters[skipped] += 1;
  return undefined;
}

const whySkip = (chosen: Candidate, rejected: Candidate, margin: number, settings: BuilderSettings) => {
  if (settings.compatibility === 'strict') {
    if (chosen.promptJson !== rejected.promptJson) return 'skipped_prompt_mismatch';
    if (chosen.responseJson === rejected.responseJson) return 'skipped_identical';
    if (margin === 0) return 'skipped_tie';
  }
  return margin < settings.min_score_diff ? 'skipped_score_diff' : undefined;
};

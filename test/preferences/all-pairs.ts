import type { BuilderSettings } from '../../lib/contract/builder.ts';
import type { Counters } from '../../lib/contract/counters.ts';
import type { PlacedCandidate } from '../../lib/preferences/candidate.ts';
import { isTie, isTooClose, marginOf } from '../../lib/preferences/margin.ts';
import type { PreferencePair } from '../../lib/preferences/pairs.ts';

/** As a person would say it: all pairs of a turn, one by one, sorted by margin, and the first of them. */
export function allPairs(candidates: readonly PlacedCandidate[], settings: BuilderSettings) {
  const ranked = candidates.toSorted((a, b) => b.score - a.score);
  const two = [ranked[0], ranked.at(-1)].filter((candidate) => candidate !== undefined);
  const pool = settings.exhaustive_pairs || ranked.length < 2 ? ranked : two;
  const counts: Partial<Record<keyof Counters, number>> = {};
  const count = (name: keyof typeof counts, by = 1): void => {
    counts[name] = (counts[name] ?? 0) + by;
  };
  const pairs: PreferencePair[] = [];
  for (const [position, chosen] of pool.entries()) {
    for (const rejected of pool.slice(position + 1)) {
      count('possible_pairs');
      const skipped = whySkip(chosen, rejected, settings);
      if (skipped) count(skipped);
      else pairs.push({ chosen, rejected, margin: marginOf(chosen, rejected), among: ranked.length });
    }
  }
  pairs.sort((a, b) => distanceOf(b) - distanceOf(a) || 0);
  const kept = pairs.slice(0, (settings.exhaustive_pairs ? settings.max_pairs_per_turn : null) ?? pairs.length);
  count('skipped_pair_limit', pairs.length - kept.length);
  return { kept, counts };
}

const distanceOf = ({ chosen, rejected }: PreferencePair): number => chosen.score - rejected.score;

function whySkip(chosen: PlacedCandidate, rejected: PlacedCandidate, settings: BuilderSettings) {
  if (settings.compatibility === 'strict') {
    if (chosen.prompt.digest() !== rejected.prompt.digest()) return 'skipped_prompt_mismatch';
    if (chosen.tools?.digest() !== rejected.tools?.digest()) return 'skipped_prompt_mismatch';
    if (chosen.response.digest() === rejected.response.digest()) return 'skipped_identical';
  }
  if (isTie(chosen, rejected, settings)) return 'skipped_tie';
  return isTooClose(chosen, rejected, settings) ? 'skipped_score_diff' : undefined;
}

import type { BuilderSettings } from '../contract/builder.ts';
import { type Counters, noCounts } from '../contract/counters.ts';
import type { Candidate, PlacedCandidate, RejectedCandidate } from './candidate.ts';
import type { CandidatePlace } from './candidate-place.ts';
import { countPossiblePairs, type PreferencePair, pairTurn } from './pairs.ts';

/** What one trace item holds of an example, and where the item begins. */
export interface Rollout {
  readonly place: CandidatePlace;
  readonly candidates: readonly Candidate[];
  readonly rejected: readonly RejectedCandidate[];
  /** Another rollout of the example has the same answer, and the candidate stands there for both. */
  readonly isMerged?: boolean;
}

export interface PairedExample {
  /** Turn by turn; turns without a pair are left out. */
  readonly turns: readonly (readonly PreferencePair[])[];
  /** Of the item in which the first of these turns begins. */
  readonly firstTurnPlace: CandidatePlace | undefined;
  /** `total_items`, `bytes` and `rejected_items` are left to the reader of the items. */
  readonly counters: Counters;
}

/**
 * One million pairs: a turn of 1,414 candidates. More in one example is an accident, and pairs (quadratic in their
 * turn's candidates) would outgrow the memory of the Lambda that builds them.
 */
export const MAX_PAIRS_PER_EXAMPLE = 1_000_000;

/**
 * Pairs the candidates of one example. Its turns are those of all rollouts together: several only in `nat`, which knows no
 * more of an example than its id as text. Undefined where it has too many pairs.
 */
export function pairExample(rollouts: readonly Rollout[], settings: BuilderSettings): PairedExample | undefined {
  const counters = noCounts();
  for (const { candidates, rejected, isMerged = false } of rollouts) {
    const steps = candidates.length + rejected.length;
    counters.matching_steps += steps;
    if (steps === 0 && !isMerged) counters.items_without_candidates += 1;
    for (const { reason } of rejected) {
      counters.rejected_candidates[reason] = (counters.rejected_candidates[reason] ?? 0) + 1;
    }
  }
  const turns = groupTurns(rollouts);
  let possible = 0;
  for (const { length } of turns) possible += countPossiblePairs(length, settings.exhaustive_pairs);
  if (possible > MAX_PAIRS_PER_EXAMPLE) return undefined;
  const paired = turns
    .map((candidates) => ({ begins: candidates[0]?.place, pairs: pairTurn(candidates, settings, counters) }))
    .filter(({ pairs }) => pairs.length > 0);
  if (paired.length > 0) counters.total_examples += 1;
  return { turns: paired.map(({ pairs }) => pairs), firstTurnPlace: paired[0]?.begins, counters };
}

/** The turns in order of first appearance. Candidates of one turn whose prompts, or tools, are written alike share them. */
function groupTurns(rollouts: readonly Rollout[]): readonly (readonly PlacedCandidate[])[] {
  const turns = new Map<string, PlacedCandidate[]>();
  for (const { place, candidates } of rollouts) {
    for (const candidate of candidates) {
      const together = turns.get(candidate.turnId) ?? [];
      const [first] = together;
      const prompt = first?.prompt.json === candidate.prompt.json ? first.prompt : candidate.prompt;
      const tools = first?.tools?.json === candidate.tools?.json ? first?.tools : candidate.tools;
      together.push({ ...candidate, prompt, tools, place });
      turns.set(candidate.turnId, together);
    }
  }
  return [...turns.values()];
}

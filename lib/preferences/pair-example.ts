import type { BuilderSettings } from '../contract/builder.ts';
import { addCounts, type Counters, noCounts } from '../contract/counters.ts';
import type { Candidate, PlacedCandidate, RejectedCandidate } from './candidate.ts';
import type { CandidatePlace } from './candidate-place.ts';
import { type PairLimits, refuseBytes, refusePairs, type TooManyPairs } from './pair-limits.ts';
import { countTurn, type PreferencePair } from './pairs.ts';

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
  /** The turns in which not every possible pair was made. */
  readonly skipped: readonly SkippedTurn[];
}

export interface SkippedTurn {
  readonly turnId: string;
  /** Of the item in which its first candidate is. */
  readonly begins: CandidatePlace;
  /** Of this turn. */
  readonly counters: Counters;
}

/** An example's candidates, as they were read. */
export interface Example {
  readonly exampleId: string;
  readonly rollouts: readonly Rollout[];
}

/**
 * Pairs the candidates of one example. Its turns are those of all rollouts together: several only in `nat`, which knows no
 * more of an example than its id as text. An example that passes a limit has no pair, and no more are made than it takes
 * to know that.
 */
export function pairExample(
  { exampleId, rollouts }: Example,
  settings: BuilderSettings,
  limits: PairLimits,
): PairedExample | { readonly rejected: TooManyPairs } {
  const counters = countSteps(rollouts);
  const turns = groupTurns(rollouts).map((candidates) => ({
    begins: candidates[0]?.place,
    turnId: candidates[0]?.turnId ?? '',
    ...countTurn(candidates, settings),
  }));
  const tooMany = refusePairs(
    turns.map((turn) => turn.counters.total_pairs),
    limits,
  );
  if (tooMany) return { rejected: tooMany };
  const paired = turns.map((turn) => ({ ...turn, pairs: turn.makePairs() })).filter(({ pairs }) => pairs.length > 0);
  const tooLarge = refuseBytes({ exampleId, turns: paired.map(({ pairs }) => pairs) }, limits);
  if (tooLarge) return { rejected: tooLarge };
  for (const turn of turns) addCounts(counters, turn.counters);
  if (paired.length > 0) counters.total_examples += 1;
  const skipped = turns.flatMap(({ turnId, begins, counters: of }) =>
    begins && of.possible_pairs > of.total_pairs ? [{ turnId, begins, counters: of }] : [],
  );
  return { turns: paired.map(({ pairs }) => pairs), firstTurnPlace: paired[0]?.begins, counters, skipped };
}

function countSteps(rollouts: readonly Rollout[]): Counters {
  const counters = noCounts();
  for (const { candidates, rejected, isMerged = false } of rollouts) {
    const steps = candidates.length + rejected.length;
    counters.matching_steps += steps;
    if (steps === 0 && !isMerged) counters.items_without_candidates += 1;
    for (const { reason } of rejected) {
      counters.rejected_candidates[reason] = (counters.rejected_candidates[reason] ?? 0) + 1;
    }
  }
  return counters;
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

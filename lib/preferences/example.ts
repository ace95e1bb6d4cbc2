import type { BuilderSettings } from '../contract/builder.ts';
import { type Counters, noCounts } from '../contract/counters.ts';
import type { Rejected } from '../contract/trajectory.ts';
import type { Utf8 } from '../objects/utf8.ts';
import type { TraceItem } from '../sources/formats/nat/trace-item.ts';
import { type Candidate, type CandidateRejection, readCandidate } from './candidate.ts';
import { groupText } from './group-text.ts';
import { type PreferencePair, pairTurn, possiblePairs } from './pairs.ts';

/** Where an example stands: what its lines say about their origin. */
export interface ExampleOrigin {
  readonly runId: string;
  /** The trace object's key. */
  readonly key: string;
  readonly exampleId: string;
}

/** One trace item of the example, and the byte at which it begins. */
export interface Rollout {
  readonly offset: number;
  readonly item: TraceItem;
}

export interface BuiltExample {
  /** The group's line in pieces, without the newline: nothing where there is no pair. Made as it is asked for. */
  readonly line: Iterable<Utf8>;
  readonly hasPairs: boolean;
  /** Offset of the item in which the first pair's turn begins; that is where NAT puts the group. */
  readonly firstTurnOffset: number | undefined;
  readonly rejected: readonly Rejected[];
  /** `total_items`, `bytes` and `rejected_items` are left to the reader of the items. */
  readonly counters: Counters;
}

/**
 * One million pairs: a turn of 1,414 candidates. More in one example is an accident, and pairs (quadratic in their
 * turn's candidates) would outgrow the memory of the Lambda that builds them.
 */
export const MAX_PAIRS_PER_EXAMPLE = 1_000_000;

/**
 * The group of one example. Its turns are those of all rollouts together in `nat` (NAT knows the example's text id
 * only) and each rollout's own in `strict`. Undefined where it has too many pairs.
 */
export function buildExample(
  origin: ExampleOrigin,
  rollouts: readonly Rollout[],
  settings: BuilderSettings,
): BuiltExample | undefined {
  const counters = noCounts();
  const rejected: Rejected[] = [];
  const turns = new Map<string, Candidate[]>();
  for (const [number, { item, offset }] of rollouts.entries()) {
    counters.matching_steps += item.payloads.length;
    if (item.payloads.length === 0) counters.items_without_candidates += 1;
    for (const payload of item.payloads) {
      const candidate = readCandidate(payload, settings.compatibility, offset);
      if ('rejected' in candidate) {
        const { reason } = candidate.rejected;
        rejected.push(rejectedCandidate(origin, offset, candidate.rejected));
        counters.rejected_candidates[reason] = (counters.rejected_candidates[reason] ?? 0) + 1;
        continue;
      }
      const turn = settings.compatibility === 'strict' ? `${number} ${candidate.turnId}` : candidate.turnId;
      const together = turns.get(turn);
      if (together) together.push(candidate);
      else turns.set(turn, [candidate]);
    }
  }
  let possible = 0;
  for (const { length } of turns.values()) possible += possiblePairs(length, settings.exhaustive_pairs);
  if (possible > MAX_PAIRS_PER_EXAMPLE) return undefined;
  const pairs: PreferencePair[] = [];
  let firstTurnOffset: number | undefined;
  for (const candidates of turns.values()) {
    for (const pair of pairTurn(candidates, settings, counters)) pairs.push(pair);
    if (pairs.length > 0) firstTurnOffset ??= candidates[0]?.offset;
  }
  const hasPairs = pairs.length > 0;
  if (hasPairs) counters.total_examples += 1;
  return { line: hasPairs ? groupText(origin, pairs, settings) : [], hasPairs, firstTurnOffset, rejected, counters };
}

const rejectedCandidate = (origin: ExampleOrigin, offset: number, why: CandidateRejection): Rejected => ({
  run_id: origin.runId,
  kind: 'candidate',
  reason: why.reason,
  detail: why.detail,
  key: origin.key,
  offset,
  example_id: origin.exampleId,
  turn_id: why.turnId,
  candidate_uuid: why.uuid,
});

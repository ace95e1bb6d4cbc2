import { deepStrictEqual, ok, strictEqual } from 'node:assert';
import { type Counters, sumOfReasons } from '../../lib/contract/counters.ts';
import type { Group } from '../../lib/contract/trajectory.ts';
import { positionOf } from '../../lib/preferences/candidate-place.ts';
import type { BuiltShards } from './built-shards.ts';
import type { IndexedPair } from './indexed-pairs.ts';

/** Throws unless the counters add up, and say what stands in the files. */
export function requireReconciled({ counters, groups, rejected, indexed, itemsWithPairs }: BuiltShards): void {
  const lost = { item: sumOfReasons(counters.rejected_items), candidate: sumOfReasons(counters.rejected_candidates) };
  const trajectories = groups.flatMap((group) => group.trajectories);
  const pairs = trajectories.length;
  deepStrictEqual(indexed, groups.flatMap(pairsOf));
  deepStrictEqual(
    {
      'items with a pair are where pairs begin': itemsWithPairs,
      'steps are candidates or rejected': counters.total_candidates + lost.candidate,
      'possible pairs are emitted or skipped for one reason': counters.total_pairs + skipped(counters),
      'groups with a pair are lines': groups.length,
      'pairs are in the lines': pairs,
      'trajectories are pairs': pairs,
      'losses by kind are lines': { item: linesOf('item', rejected), candidate: linesOf('candidate', rejected) },
      'losses by reason are lines': byReason(rejected),
    },
    {
      'items with a pair are where pairs begin': new Set(trajectories.map(whereItBegins)).size,
      'steps are candidates or rejected': counters.matching_steps,
      'possible pairs are emitted or skipped for one reason': counters.possible_pairs,
      'groups with a pair are lines': counters.total_examples,
      'pairs are in the lines': counters.total_pairs,
      'trajectories are pairs': counters.total_trajectories,
      'losses by kind are lines': lost,
      'losses by reason are lines': { ...counters.rejected_items, ...counters.rejected_candidates },
    },
  );
}

/** Throws unless every possible pair was made, or skipped for one reason. */
export function requireEveryPairCounted(counters: Counters): void {
  strictEqual(counters.total_pairs + skipped(counters), counters.possible_pairs);
}

const skipped = (counters: Counters): number =>
  counters.skipped_prompt_mismatch +
  counters.skipped_identical +
  counters.skipped_tie +
  counters.skipped_score_diff +
  counters.skipped_pair_limit;

const linesOf = (kind: string, rejected: BuiltShards['rejected']): number =>
  rejected.filter((line) => line.kind === kind).length;

function byReason(rejected: BuiltShards['rejected']): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { reason } of rejected) counts[reason] = (counts[reason] ?? 0) + 1;
  return counts;
}

/** What the index has to say of a group's pairs. */
const pairsOf = ({ trajectories }: Group): readonly IndexedPair[] =>
  trajectories.map(({ episode: [{ prompt, chosen_response, rejected_response }], reward, metadata }, at) => {
    const before = trajectories[at - 1]?.metadata;
    return {
      key: metadata.lineage.key,
      offset: positionOf(metadata.lineage),
      margin: metadata.score_diff,
      reward,
      opensGroup: at === 0,
      opensTurn: before?.turn_id !== metadata.turn_id,
      ...{ prompt, chosen: chosen_response, rejected: rejected_response },
    };
  });

const whereItBegins = ({ metadata: { lineage } }: Group['trajectories'][number]): string =>
  `${lineage.key} ${positionOf(lineage)}`;

/** Throws at a line that says something of another run, object or group than its own, or a pair that is none. */
export function requireSound({ groups, rejected }: BuiltShards, keys: ReadonlySet<string>): void {
  for (const { example_id, trajectories } of groups) {
    for (const { metadata, reward, episode } of trajectories) {
      strictEqual(metadata.example_id, example_id);
      ok(keys.has(metadata.lineage.key), metadata.lineage.key);
      ok(metadata.score_diff >= 0 && Number.isFinite(reward) && episode.length === 1);
    }
  }
  for (const { key } of rejected) ok(keys.has(key), key);
  strictEqual(Object.hasOwn(Object.prototype, 'x'), false);
}

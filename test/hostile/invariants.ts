import { deepStrictEqual, ok, strictEqual } from 'node:assert';
import { type Counters, sumOfReasons } from '../../lib/contract/counters.ts';
import type { BuiltShards } from './built-shards.ts';

/** Throws unless the counters add up, and say what stands in the files. */
export function requireReconciled({ counters, groups, rejected, index }: BuiltShards): void {
  const lost = { item: sumOfReasons(counters.rejected_items), candidate: sumOfReasons(counters.rejected_candidates) };
  const pairs = groups.flatMap(({ trajectories }) => trajectories).length;
  deepStrictEqual(
    {
      'items are read or rejected': index.length + lost.item,
      'steps are candidates or rejected': counters.total_candidates + lost.candidate,
      'possible pairs are emitted or skipped for one reason': counters.total_pairs + skipped(counters),
      'groups with a pair are lines': groups.length,
      'pairs are in the lines': pairs,
      'trajectories are pairs': pairs,
      'losses by kind are lines': { item: linesOf('item', rejected), candidate: linesOf('candidate', rejected) },
      'losses by reason are lines': byReason(rejected),
      'the index counts what the shard counts': sum(index, 'matching_steps'),
      'and its pairs': sum(index, 'total_pairs'),
    },
    {
      'items are read or rejected': counters.total_items,
      'steps are candidates or rejected': counters.matching_steps,
      'possible pairs are emitted or skipped for one reason': counters.possible_pairs,
      'groups with a pair are lines': counters.total_examples,
      'pairs are in the lines': counters.total_pairs,
      'trajectories are pairs': counters.total_trajectories,
      'losses by kind are lines': lost,
      'losses by reason are lines': { ...counters.rejected_items, ...counters.rejected_candidates },
      'the index counts what the shard counts': counters.matching_steps,
      'and its pairs': counters.total_pairs,
    },
  );
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

const sum = (index: BuiltShards['index'], counter: 'matching_steps' | 'total_pairs'): number =>
  index.reduce((total, { counters }) => total + counters[counter], 0);

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

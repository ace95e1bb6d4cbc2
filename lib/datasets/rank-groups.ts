import { compareText } from '../compare-text.ts';
import { compareGroups, type PairTable } from './pair-table.ts';
import type { Selection } from './select-pairs.ts';
import { seedRoots, TRAINING } from './split-pairs.ts';

/**
 * By group, the bucket of its training pairs, 0 the easiest. Groups with a training pair are ranked by the mean
 * reward of all their trajectories, largest first (the wider the margins, the easier to tell chosen from rejected), and
 * cut into buckets whose numbers of groups differ by at most one. Equal means are ordered by the seeded digest of the
 * example, then by place in the traces, so the buckets do not depend on the order of the collection.
 */
export function rankGroups(
  table: PairTable,
  selection: Selection,
  { buckets, seed }: { readonly buckets: number; readonly seed: number },
): Uint8Array {
  if (buckets === 1) return new Uint8Array(table.rootOf.length);
  const firstOffset = new Float64Array(table.rootOf.length).fill(-1);
  for (let pair = 0; pair < selection.sides.length; pair++) {
    const group = table.groupOf.at(pair);
    if (((selection.sides[pair] ?? 0) & TRAINING) !== 0 && (firstOffset[group] ?? -1) < 0) {
      firstOffset[group] = table.offset.at(pair);
    }
  }
  const order = seedRoots(table, seed);
  const groups = Int32Array.from(firstOffset.keys()).filter((group) => (firstOffset[group] ?? -1) >= 0);
  groups.sort(
    (a, b) =>
      table.meanReward.at(b) - table.meanReward.at(a) ||
      compareText(order[table.rootOf.at(a)], order[table.rootOf.at(b)]) ||
      compareGroups(table, a, b) ||
      (firstOffset[a] ?? 0) - (firstOffset[b] ?? 0),
  );
  const bucketOf = new Uint8Array(firstOffset.length);
  for (const [rank, group] of groups.entries()) bucketOf[group] = Math.floor((rank * buckets) / groups.length);
  return bucketOf;
}

import { compareGroups, type Ledger } from './ledger.ts';
import type { Selection } from './selection.ts';
import { TRAINING } from './split.ts';

/**
 * Which bucket each group's training pairs go to, 0 the easiest. Groups with a training pair are ranked by the mean
 * reward of all their trajectories, largest first (the wider the margins, the easier to tell chosen from rejected), and
 * cut into buckets whose numbers of groups differ by at most one. Equal means are ordered by the seeded digest of the
 * example, then by place in the traces, so the buckets do not depend on the order of the collection.
 */
export function bucketsOf(ledger: Ledger, selection: Selection, buckets: number): Uint8Array {
  if (buckets === 1) return new Uint8Array(ledger.rootOf.length);
  const firstOffset = new Float64Array(ledger.rootOf.length).fill(-1);
  for (const [pair, side] of selection.sides.entries()) {
    const group = ledger.groupOf.at(pair);
    if ((side & TRAINING) !== 0 && (firstOffset[group] ?? -1) < 0) firstOffset[group] = ledger.offset.at(pair);
  }
  const groups = Int32Array.from(firstOffset.keys()).filter((group) => (firstOffset[group] ?? -1) >= 0);
  groups.sort(
    (a, b) =>
      ledger.meanReward.at(b) - ledger.meanReward.at(a) ||
      ledger.roots.compare(ledger.rootOf.at(a), ledger.rootOf.at(b)) ||
      compareGroups(ledger, a, b) ||
      (firstOffset[a] ?? 0) - (firstOffset[b] ?? 0),
  );
  const bucketOf = new Uint8Array(firstOffset.length);
  for (const [rank, group] of groups.entries()) bucketOf[group] = Math.floor((rank * buckets) / groups.length);
  return bucketOf;
}

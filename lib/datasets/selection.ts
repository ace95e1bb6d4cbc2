import type { DatasetSettings } from '../contract/dataset.ts';
import type { View } from '../contract/dataset-result.ts';
import { earlier, type Ledger, type ViewLedger } from './ledger.ts';
import { splitByExample, splitInOrder } from './split.ts';

export interface Selection {
  readonly view: View;
  /** By pair: `TRAINING`, `VALIDATION` (`split.ts`), or 0 where it is on no side. */
  readonly sides: Uint8Array;
  readonly duplicates: number;
  readonly contradictions: number;
  readonly sampledOut: number;
  readonly leaking: number;
  /** All shapes of the pairs kept, together. */
  readonly shape: number;
}

export type SelectionSettings = Pick<
  DatasetSettings,
  'deduplicate_pairs' | 'max_pairs' | 'validation_fraction' | 'seed'
> & { readonly nat: boolean };

/**
 * Which pairs a dataset is made of: duplicates (of prompt, chosen and rejected) but the first dropped, then pairs that
 * contradict each other, then all but a random `max_pairs`, then the split. The set does not depend on the order of
 * the groups: "first" is by trace object and place in it, "random" by seeded digest of the pair. With NAT's rules
 * the order of the collection counts, contradictions stay, and the split is NAT's.
 */
export function select(ledger: Ledger, view: View, settings: SelectionSettings): Selection {
  const pairs = viewOf(ledger, view);
  const count = ledger.groupOf.length;
  const kept = new Uint8Array(count).fill(1);
  const duplicates = settings.deduplicate_pairs ? dropDuplicates(ledger, pairs, kept, settings.nat) : 0;
  const contradictions = settings.nat ? 0 : dropContradictions(pairs, kept);
  const sampledOut = dropUnsampled(ledger, pairs, kept, settings.max_pairs ?? count);
  const { sides, leaking } = settings.nat
    ? splitInOrder(kept, settings.validation_fraction)
    : splitByExample(ledger, pairs, kept, settings.validation_fraction);
  let shape = 0;
  for (const [pair, side] of sides.entries()) if (side !== 0) shape |= ledger.shape.at(pair);
  return { view, sides, duplicates, contradictions, sampledOut, leaking, shape };
}

export function viewOf(ledger: Ledger, view: View): ViewLedger {
  const found = ledger.views.get(view);
  if (!found) throw new Error(`The ledger was not read for the view ${view}.`);
  return found;
}

/** A content in one direction: what duplicates share. */
const directed = (pairs: ViewLedger, pair: number): number => pairs.contentOf.at(pair) * 2 + pairs.flipped.at(pair);

function dropDuplicates(ledger: Ledger, pairs: ViewLedger, kept: Uint8Array, inOrder: boolean): number {
  const first = new Int32Array(pairs.contents.size * 2).fill(-1);
  let dropped = 0;
  for (let pair = 0; pair < kept.length; pair++) {
    const before = first[directed(pairs, pair)] ?? -1;
    if (before >= 0) {
      const later = inOrder || earlier(ledger, before, pair) < 0 ? pair : before;
      kept[later] = 0;
      dropped++;
      if (later === pair) continue;
    }
    first[directed(pairs, pair)] = pair;
  }
  return dropped;
}

function dropContradictions(pairs: ViewLedger, kept: Uint8Array): number {
  const directions = new Uint8Array(pairs.contents.size);
  for (let pair = 0; pair < kept.length; pair++) {
    const content = pairs.contentOf.at(pair);
    directions[content] = (directions[content] ?? 0) | (1 << pairs.flipped.at(pair));
  }
  let dropped = 0;
  for (let pair = 0; pair < kept.length; pair++) {
    if (kept[pair] !== 1 || directions[pairs.contentOf.at(pair)] !== 3) continue;
    kept[pair] = 0;
    dropped++;
  }
  return dropped;
}

function dropUnsampled(ledger: Ledger, pairs: ViewLedger, kept: Uint8Array, limit: number): number {
  const left = indexesOf(kept);
  if (left.length <= limit) return 0;
  const order = (a: number, b: number): number =>
    pairs.contents.compare(pairs.contentOf.at(a), pairs.contentOf.at(b)) ||
    pairs.flipped.at(a) - pairs.flipped.at(b) ||
    earlier(ledger, a, b);
  const out = left.sort(order).subarray(limit);
  for (const pair of out) kept[pair] = 0;
  return out.length;
}

/** The indexes of the non-zero entries. */
function indexesOf(marks: Uint8Array): Int32Array {
  const indexes = new Int32Array(marks.reduce((sum, mark) => sum + (mark === 0 ? 0 : 1), 0));
  let at = 0;
  for (const [index, mark] of marks.entries()) if (mark !== 0) indexes[at++] = index;
  return indexes;
}

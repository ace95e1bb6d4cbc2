import { DropReason } from '../contract/dataset-result.ts';
import { CorruptObject } from '../errors.ts';

/** What was chosen in one view, pair by pair: all that a writer needs to know. */
export interface Decisions {
  /** `TRAINING`, `VALIDATION` (`split-pairs.ts`), both, or 0 where it is on no side. */
  side(pair: number): number;
  /** Why it is on no side; undefined where it is on one. */
  dropped(pair: number): DropReason | undefined;
  /** Of its chosen completion, or the rejected one, for a format that writes them apart. */
  fate(pair: number, chosen: boolean): Fate;
  /** Of a training pair, 0 the easiest. */
  bucket(pair: number): number;
}

/** The place of a reason in {@link DropReason}, from 1; 0 is none. */
export const dropCode = (reason: DropReason | undefined): number =>
  reason === undefined ? 0 : DropReason.options.indexOf(reason) + 1;
export const dropReason = (code: number): DropReason | undefined => DropReason.options[code - 1];

/** `write`, or why not. */
export type Fate = (typeof FATES)[number];

const FATES = ['write', 'repeated_completion', 'both_labels'] as const;

/** The decisions over the pairs of one shard, view after view: a byte a pair, then another for its bucket. */
export function packDecisions(views: readonly Decisions[], first: number, pairs: number): Uint8Array {
  const packed = new Uint8Array(views.length * 2 * pairs);
  for (const [number, view] of views.entries()) {
    const at = number * 2 * pairs;
    for (let pair = 0; pair < pairs; pair++) {
      packed[at + pair] = packPair(view, first + pair);
      packed[at + pairs + pair] = view.bucket(first + pair);
    }
  }
  return packed;
}

/** Pairs are numbered from the shard's first. Throws {@link CorruptObject} where there are others. */
export function unpackDecisions(packed: Uint8Array, views: number, pairs: number): readonly Decisions[] {
  if (packed.length !== views * 2 * pairs) {
    throw new CorruptObject(
      `There are ${packed.length} bytes of decisions for ${pairs} pairs in ${views} view(s); start the run under another run id.`,
    );
  }
  return Array.from({ length: views }, (_, view) => {
    const at = view * 2 * pairs;
    const pairAt = (pair: number): number => packed[at + pair] ?? 0;
    return {
      side: (pair) => pairAt(pair) & 3,
      dropped: (pair) => ((pairAt(pair) & 3) === 0 ? dropReason(pairAt(pair) >> 2) : undefined),
      fate: (pair, chosen) => FATES[(pairAt(pair) >> (chosen ? 2 : 4)) & 3] ?? 'write',
      bucket: (pair) => packed[at + pairs + pair] ?? 0,
    };
  });
}

const packPair = (view: Decisions, pair: number): number => {
  const side = view.side(pair);
  if (side === 0) return dropCode(view.dropped(pair)) << 2;
  return side | (FATES.indexOf(view.fate(pair, true)) << 2) | (FATES.indexOf(view.fate(pair, false)) << 4);
};

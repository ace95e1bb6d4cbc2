import { CorruptObject } from '../errors.ts';

/** What was chosen in one view, pair by pair and group by group: all that a writer needs to know. */
export interface Decisions {
  /** `TRAINING`, `VALIDATION` (`split.ts`), both, or 0 where it is on no side. */
  side(pair: number): number;
  /** Of its chosen completion, or the rejected one, for a format that writes them apart. */
  fate(pair: number, chosen: boolean): Fate;
  /** Of a group's training pairs, 0 the easiest. */
  bucket(group: number): number;
}

/** `write`, or why not. */
export type Fate = (typeof FATES)[number];

const FATES = ['write', 'repeated_completion', 'both_labels'] as const;

/** A run of pairs and groups that stand together. */
export interface Stretched {
  readonly firstPair: number;
  readonly pairs: number;
  readonly firstGroup: number;
  readonly groups: number;
}

/** The decisions over one stretch, view after view: a byte a pair, then a byte a group. */
export function packDecisions(views: readonly Decisions[], at: Stretched): Uint8Array {
  const packed = new Uint8Array(views.length * (at.pairs + at.groups));
  let to = 0;
  for (const view of views) {
    for (let pair = at.firstPair; pair < at.firstPair + at.pairs; pair++) packed[to++] = packPair(view, pair);
    for (let group = at.firstGroup; group < at.firstGroup + at.groups; group++) packed[to++] = view.bucket(group);
  }
  return packed;
}

/** Pairs and groups are numbered from the stretch's first. Throws {@link CorruptObject} where there are others. */
export function unpackDecisions(
  packed: Uint8Array,
  views: number,
  { pairs, groups }: Pick<Stretched, 'pairs' | 'groups'>,
): readonly Decisions[] {
  if (packed.length !== views * (pairs + groups)) {
    throw new CorruptObject(
      `There are ${packed.length} bytes of decisions for ${pairs} pairs and ${groups} groups in ${views} view(s); start the run under another run id.`,
    );
  }
  return Array.from({ length: views }, (_, view) => {
    const first = view * (pairs + groups);
    const pairAt = (pair: number): number => packed[first + pair] ?? 0;
    return {
      side: (pair) => pairAt(pair) & 3,
      fate: (pair, chosen) => FATES[(pairAt(pair) >> (chosen ? 2 : 4)) & 3] ?? 'write',
      bucket: (group) => packed[first + pairs + group] ?? 0,
    };
  });
}

const packPair = (view: Decisions, pair: number): number => {
  const side = view.side(pair);
  if (side === 0) return 0;
  return side | (FATES.indexOf(view.fate(pair, true)) << 2) | (FATES.indexOf(view.fate(pair, false)) << 4);
};

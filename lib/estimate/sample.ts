/** A stretch of the traces that was read, and what a run makes of it. */
export interface Stretch {
  /** As they are stored. */
  readonly bytes: number;
  /** Of its records, uncompressed. */
  readonly textBytes: number;
  readonly records: number;
  readonly candidates: number;
  readonly turns: number;
  readonly examples: number;
  readonly pairs: number;
  /** Of the collection. */
  readonly collectionBytes: number;
}

/** What of the traces was read to estimate the rest. */
export interface Sample {
  readonly stretches: readonly Stretch[];
  /** Nothing else is there. */
  readonly whole: boolean;
  /** A group's candidates may lie apart: others of it may be in what was not read. */
  readonly scattered: boolean;
}

export const EMPTY_STRETCH: Stretch = {
  ...{ bytes: 0, textBytes: 0, records: 0, candidates: 0, turns: 0, examples: 0, pairs: 0, collectionBytes: 0 },
};

export const addStretches = (one: Stretch, other: Stretch): Stretch => ({
  bytes: one.bytes + other.bytes,
  textBytes: one.textBytes + other.textBytes,
  records: one.records + other.records,
  candidates: one.candidates + other.candidates,
  turns: one.turns + other.turns,
  examples: one.examples + other.examples,
  pairs: one.pairs + other.pairs,
  collectionBytes: one.collectionBytes + other.collectionBytes,
});

export const sumStretches = (stretches: readonly Stretch[]): Stretch => stretches.reduce(addStretches, EMPTY_STRETCH);

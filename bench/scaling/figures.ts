import * as z from 'zod';

const seconds = z.array(z.number()).min(1);

/** One format's files of a whole stretch. */
const WrittenStretches = z.strictObject({ seconds, bytes: z.number() });

/** Finalize choosing among so many pairs, in a process of its own. */
const Chosen = z.strictObject({ pairs: z.number(), seconds: z.number(), peakBytes: z.number() });
export type Chosen = z.infer<typeof Chosen>;

/** What `bench/scaling.ts` measured, as bench/scaling.json keeps it. Seconds are of the machine that measured. */
export const Figures = z.strictObject({
  commit: z.string(),
  node: z.string(),
  cpu: z.string(),
  /** `buildShard` of whole shards of `bytes`, over HTTP. */
  shard: z.strictObject({
    bytes: z.number(),
    seconds,
    items: z.number(),
    pairs: z.number(),
    collectionBytes: z.number(),
  }),
  /** A shard of one item: what a shard costs however small it is. */
  smallestShardSeconds: z.number(),
  /** Bytes a second of Evaluate over an array. */
  scanBytesPerSecond: z.number(),
  /** Bytes of the plan a shard. */
  planBytes: z.number(),
  finalize: z.strictObject({
    /** A shard's summary and digests read, checked, counted and written to metrics and report. */
    shardSeconds: z.number(),
    /** A part copied: our own work alone. */
    partSeconds: z.number(),
    /** Peak memory a shard, from two runs of different sizes. */
    shardMemoryBytes: z.number(),
    /** Peak memory of no shard at all. */
    baseMemoryBytes: z.number(),
  }),
  /** Trainers' files by Finalize alone, beyond what it does without them. */
  alone: z.strictObject({
    /** Of the collection, both passes. */
    bytesPerSecond: z.strictObject({ nemo_customizer: z.number(), trl: z.number() }),
    /** Of one format. */
    pairMemoryBytes: z.number(),
  }),
  /** `exportStretch` of whole stretches of `bytes` of a collection, over HTTP. */
  stretch: z.strictObject({
    bytes: z.number(),
    pairs: z.number(),
    /** Of one format. */
    recordBytes: z.number(),
    record: seconds,
    write: z.strictObject({ nemo_customizer: WrittenStretches, trl: WrittenStretches }),
  }),
  choose: z.strictObject({
    /** One format; of as many pairs as a function of 10,240 MB may choose among. */
    one: Chosen,
    /** Two that compare pairs differently, `nemo_customizer` and `trl`. */
    two: Chosen,
    with_trl_kto: Chosen,
    /** One format, where turns have two candidates: no two pairs share a prompt. */
    one_pair_a_turn: Chosen,
  }),
});
export type Figures = z.infer<typeof Figures>;

export const mean = (all: readonly number[]): number => all.reduce((sum, one) => sum + one, 0) / all.length;

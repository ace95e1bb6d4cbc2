import * as z from 'zod';
import { ContainerName, TextContainer } from './container-name.ts';

/** A trace object as it was when the run was planned. */
export const TraceObject = z.strictObject({
  bucket: z.string(),
  key: z.string(),
  version: z.string().optional(),
  etag: z.string(),
  bytes: z.int().min(0),
});
export type TraceObject = z.infer<typeof TraceObject>;

const pinned = {
  ...TraceObject.omit({ bytes: true }).shape,
  object_bytes: z.int().min(0),
  start: z.int().min(0),
  end: z.int().min(0),
};

/**
 * Part of one pinned trace object: the items that begin at or after `start` and before `end`. `cut` says how the
 * object was cut; the reader of a whole object (`cut: null`) looks at its first bytes. An array is cut at the lines that
 * begin its elements, by their `indentation`.
 */
export const Slice = z.discriminatedUnion('cut', [
  z.strictObject({ ...pinned, cut: z.null() }),
  z.strictObject({ ...pinned, cut: z.literal('lines') }),
  z.strictObject({ ...pinned, cut: z.literal('array'), indentation: z.string().regex(/^[ \t]*$/) }),
  z.strictObject({
    ...pinned,
    cut: z.literal('container'),
    container: ContainerName,
    /** Of `gzip` and `zstd`: how the records lie in the text; missing where its first bytes show it. */
    text: TextContainer.optional(),
  }),
]);
export type Slice = z.infer<typeof Slice>;
/** A slice that a container reads: of records of any format but NAT's traces and candidate lines. */
export type ContainerSlice = Extract<Slice, { cut: 'container' }>;
/** A slice of NAT's traces, or of candidate lines. */
export type TraceSlice = Exclude<Slice, ContainerSlice>;

export const isContainerSlice = (slice: Slice): slice is ContainerSlice => slice.cut === 'container';
export const isTraceSlice = (slice: Slice): slice is TraceSlice => slice.cut !== 'container';

/** The part of a shard that GroupCandidates made: the candidates of so many tasks whose group is in the shard's bucket. */
export const Bucket = z.strictObject({
  /** Buckets of the run, a power of two: bucket n has the n-th part of all group digests. */
  of: z.int().min(1),
  /** Tasks of GroupCandidates. Their ordinals follow those of the buckets. */
  tasks: z.int().min(1),
});
export type Bucket = z.infer<typeof Bucket>;

/**
 * The unit of fan-out: one slice of a large object, several small objects whole, or a bucket of grouped candidates (no
 * slices; its ordinal is the bucket's number). `plan.json` is an array of these, and so is `grouping.json`, whose shards are
 * the tasks of GroupCandidates.
 */
export const Shard = z.strictObject({
  ordinal: z.int().min(0),
  slices: z.array(Slice),
  bucket: Bucket.optional(),
});
export type Shard = z.infer<typeof Shard>;

export const Shards = z.array(Shard);
export type Shards = z.infer<typeof Shards>;

import * as z from 'zod';

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
  bucket: z.string(),
  key: z.string(),
  version: z.string().optional(),
  etag: z.string(),
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
]);
export type Slice = z.infer<typeof Slice>;

/** The unit of fan-out: one slice of a large object, or several small objects whole. `plan.json` is an array of these. */
export const Shard = z.strictObject({ ordinal: z.int().min(0), slices: z.array(Slice).min(1) });
export type Shard = z.infer<typeof Shard>;

export const Shards = z.array(Shard);
export type Shards = z.infer<typeof Shards>;

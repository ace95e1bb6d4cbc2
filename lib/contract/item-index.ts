import * as z from 'zod';
import { Counters } from './counters.ts';

const Range = z.strictObject({ start: z.int().min(0), bytes: z.int().min(0) });

/** A line of a shard's `index.jsonl`: one readable trace item, where its lines stand, and what it counted. */
export const IndexedItem = z.strictObject({
  /** Which of the shard's slices. */
  slice: z.int().min(0),
  /** Alike for two ids that NAT takes for one. */
  id_key: z.string(),
  example_id: z.string(),
  offset: z.int().min(0),
  collection: Range,
  rejected: Range,
  counters: Counters,
});
export type IndexedItem = z.infer<typeof IndexedItem>;

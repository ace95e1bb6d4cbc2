import * as z from 'zod';
import { Counters } from './counters.ts';
import { TokenFacts } from './dataset-result.ts';
import { IncompleteObject, MOST_NAMED } from './incomplete-object.ts';
import { RepetitionSum } from './repetition-sum.ts';
import { RunId } from './run-id.ts';

const Part = z.strictObject({ bytes: z.int().min(0), crc32: z.int().min(0) });

/**
 * What a shard without a single candidate looked like: enough to name the likely cause of an empty run. Counts are of
 * the shard's first items only.
 */
export const Diagnosis = z.strictObject({
  items: z.int(),
  /** Items without a list of steps, or with an empty one. */
  without_steps: z.int(),
  /** Items that look like NAT's ATIF export. */
  atif: z.int(),
  /** Steps by `event_type`, TTC_END steps by name; at most 20 names each. */
  event_types: z.record(z.string(), z.int()),
  ttc_names: z.record(z.string(), z.int()),
  /** Keys of items that lack the one for their steps, and keys that hold steps and are not that one; at most 20 each. */
  other_keys: z.record(z.string(), z.int()).default({}),
  step_keys: z.record(z.string(), z.int()).default({}),
});
export type Diagnosis = z.infer<typeof Diagnosis>;

/** A shard's last write, made once: the shard is done when it exists. */
export const Summary = z.strictObject({
  run_id: RunId,
  ordinal: z.int().min(0),
  counters: Counters,
  collection: Part,
  rejected: Part.extend({ lines: z.int() }),
  /** The pair index: no bytes where nothing is chosen of the run's pairs. */
  index: Part.extend({ pairs: z.int().min(0) }),
  /** Trace items that gave at least one pair. */
  items_with_pairs: z.int().min(0),
  /** The first rejected items, for the failure message: key, byte or row, reason. */
  first_rejected: z
    .array(z.strictObject({ key: z.string(), offset: z.int().optional(), row: z.int().optional(), reason: z.string() }))
    .max(3),
  /** Objects that were not read to their end. */
  incomplete: z.array(IncompleteObject).max(MOST_NAMED).default([]),
  /** Keys of the records that the source format does not read, at most 50, each with the number of records that have it. */
  unused_keys: z.array(z.strictObject({ key: z.string(), records: z.int() })),
  diagnosis: Diagnosis,
  /** What the shard has of each repetition of a workflow's dataset. */
  repetitions: z.array(RepetitionSum),
  /** Only with `dataset.tokenizer`. */
  tokens: TokenFacts.optional(),
  /** Whether a prompt was met that has its chat template in it already; left out where none was. */
  rendered: z.boolean().optional(),
  warnings: z.array(z.string()),
  started_at: z.string(),
  /** Wall time of the shard. */
  seconds: z.number(),
});
export type Summary = z.infer<typeof Summary>;

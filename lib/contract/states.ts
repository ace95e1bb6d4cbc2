import * as z from 'zod';
import { Counters } from './counters.ts';
import { Shard } from './plan.ts';
import { RunId } from './run-id.ts';

/**
 * What passes between the states of the state machine: keys and counts, never rows. From Evaluate to Finalize one
 * document goes from state to state, the run as it was planned; what a state has to tell the next one, it stores.
 */

/** The execution's own name and whatever it was started with: a request, or an S3 event. */
export const EvaluateInput = z.strictObject({ execution: z.string().min(1), input: z.unknown() });
export type EvaluateInput = z.infer<typeof EvaluateInput>;

export const EvaluateOutput = z.strictObject({
  run_id: RunId,
  /**
   * `committed`: the manifest exists already, nothing is left to do. `workflow`: there are no traces yet; the live
   * workflow is asked next, and PlanTraces makes the plan. `scattered`: a group's candidates lie apart, and are grouped
   * before the shards are built. `passed_over`: the upload holds no traces, and there is no run.
   */
  status: z.enum(['planned', 'committed', 'workflow', 'scattered', 'passed_over']),
  /** Where the maps over shards read their items: a JSON array of {@link Shard}. */
  plan: z.strictObject({ bucket: z.string(), key: z.string() }),
  shards: z.int().min(0),
  inputs: z.int().min(0),
  input_bytes: z.int().min(0),
  max_concurrency: z.int().min(1),
  /** Of what is chosen: nothing, the facts that a gate asks for, or the files of dataset formats. */
  datasets: z.enum(['none', 'facts', 'files']),
  /** With `scattered`: where the map over the tasks of GroupCandidates reads their ordinals. */
  grouping: z.strictObject({ key: z.string(), tasks: z.int().min(1) }).optional(),
  /** With `workflow`: where the map over the dataset's batches reads them, and how many it runs at once. */
  workflow: z
    .strictObject({
      key: z.string(),
      batches: z.int().min(1),
      /** Rows times repetitions. */
      examples: z.int().min(1),
      max_concurrency: z.int().min(1),
    })
    .optional(),
});
export type EvaluateOutput = z.infer<typeof EvaluateOutput>;

export const GroupCandidatesInput = z.strictObject({
  run_id: RunId,
  /** Of a shard of `grouping.json`. */
  ordinal: z.int().min(0),
});
export type GroupCandidatesInput = z.infer<typeof GroupCandidatesInput>;

export const GroupCandidatesOutput = z.strictObject({
  run_id: RunId,
  ordinal: z.int(),
  /** Grouped by this call; false where it was done before, and is reported as it is. */
  grouped: z.boolean(),
  /** Records read. */
  items: z.int(),
  /** Of records read, uncompressed. */
  bytes: z.int(),
  rejected_items: Counters.shape.rejected_items,
});
export type GroupCandidatesOutput = z.infer<typeof GroupCandidatesOutput>;

export const BuildShardInput = z.strictObject({
  run_id: RunId,
  shard: Shard,
  /** How many the run has: it decides what the shard keeps for the report. */
  shards: z.int().min(1),
});
export type BuildShardInput = z.infer<typeof BuildShardInput>;

export const BuildShardOutput = z.strictObject({
  run_id: RunId,
  ordinal: z.int(),
  /** Built by this call; false where it was built before, and is reported as it is. */
  built: z.boolean(),
  items: z.int(),
  candidates: z.int(),
  pairs: z.int(),
  /** Of trace items read, uncompressed. */
  bytes: z.int(),
  rejected_items: Counters.shape.rejected_items,
  rejected_candidates: Counters.shape.rejected_candidates,
});
export type BuildShardOutput = z.infer<typeof BuildShardOutput>;

export const ChooseInput = z.strictObject({ run_id: RunId });
export type ChooseInput = z.infer<typeof ChooseInput>;

export const ChooseOutput = z.strictObject({
  run_id: RunId,
  /** Pairs chosen among. */
  pairs: z.int().min(0),
});
export type ChooseOutput = z.infer<typeof ChooseOutput>;

export const WriteDatasetsInput = z.strictObject({ run_id: RunId, ordinal: z.int().min(0) });
export type WriteDatasetsInput = z.infer<typeof WriteDatasetsInput>;

export const WriteDatasetsOutput = z.strictObject({
  run_id: RunId,
  ordinal: z.int(),
  /** Of all formats together. */
  lines: z.int().min(0),
});
export type WriteDatasetsOutput = z.infer<typeof WriteDatasetsOutput>;

export const FinalizeInput = z.strictObject({ run_id: RunId });
export type FinalizeInput = z.infer<typeof FinalizeInput>;

export const FinalizeOutput = z.strictObject({
  run_id: RunId,
  status: z.literal('committed'),
  manifest: z.strictObject({ bucket: z.string(), key: z.string() }),
  examples: z.int(),
  pairs: z.int(),
  /** The request has a `training` block. */
  train: z.boolean(),
});
export type FinalizeOutput = z.infer<typeof FinalizeOutput>;

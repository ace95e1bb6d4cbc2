import * as z from 'zod';
import { Counters } from './counters.ts';
import { Shard } from './plan.ts';
import { RunId } from './run-id.ts';
import { Stretch } from './stretch.ts';

/**
 * What passes between the states of `infra/pipeline.asl.json`: keys and counts, never rows. Each state's input
 * extends the last state's output.
 */

/** The execution's own name and whatever it was started with: a request, or an S3 event. */
export const EvaluateInput = z.strictObject({ execution: z.string().min(1), input: z.unknown() });
export type EvaluateInput = z.infer<typeof EvaluateInput>;

export const EvaluateOutput = z.strictObject({
  run_id: RunId,
  /**
   * `committed`: the manifest is there already, nothing is left to do. `workflow`: there are no traces yet; the live
   * workflow is to be asked, and PlanTraces makes the plan. `cutting`: the time ran out before the traces were cut;
   * Evaluate is to be called again, and goes on.
   */
  status: z.enum(['planned', 'committed', 'workflow', 'cutting']),
  /** Where the map reads its items: a JSON array of {@link Shard}. */
  plan: z.strictObject({ bucket: z.string(), key: z.string() }),
  shards: z.int().min(0),
  inputs: z.int().min(0),
  input_bytes: z.int().min(0),
  max_concurrency: z.int().min(1),
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

export const BuildShardInput = z.strictObject({ run_id: RunId, shard: Shard });
export type BuildShardInput = z.infer<typeof BuildShardInput>;

export const BuildShardOutput = z.strictObject({
  run_id: RunId,
  ordinal: z.int(),
  /** Built by this call; false where it stood already, and is reported as it stands. */
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

/** What is done with every stretch of the collection: its pairs are recorded, then what was chosen of them is written. */
const ExportPhase = z.enum(['record', 'write']);

/** The collection is too large for Finalize to export it alone: the map over its stretches is next, then Finalize again. */
export const Exporting = EvaluateOutput.extend({
  status: z.literal('exporting'),
  export: z.strictObject({
    /** Where the map reads its items: a JSON array of {@link Stretch}. */
    key: z.string(),
    stretches: z.int().min(1),
    phase: ExportPhase,
  }),
});
export type Exporting = z.infer<typeof Exporting>;

export const FinalizeInput = z.discriminatedUnion('status', [EvaluateOutput, Exporting]);
export type FinalizeInput = z.infer<typeof FinalizeInput>;

export const CommittedOutput = z.strictObject({
  run_id: RunId,
  status: z.literal('committed'),
  manifest: z.strictObject({ bucket: z.string(), key: z.string() }),
  examples: z.int(),
  pairs: z.int(),
  /** The request has a `training` block. */
  train: z.boolean(),
});
export type CommittedOutput = z.infer<typeof CommittedOutput>;

export const FinalizeOutput = z.discriminatedUnion('status', [Exporting, CommittedOutput]);
export type FinalizeOutput = z.infer<typeof FinalizeOutput>;

export const ExportStretchInput = z.strictObject({ run_id: RunId, phase: ExportPhase, stretch: Stretch });
export type ExportStretchInput = z.infer<typeof ExportStretchInput>;

export const ExportStretchOutput = z.strictObject({ run_id: RunId, ordinal: z.int(), pairs: z.int() });
export type ExportStretchOutput = z.infer<typeof ExportStretchOutput>;

import * as z from 'zod';
import { RunId } from './run-id.ts';

const count = z.int().min(0);

/** `most` is null where the sample does not show it. */
export const EstimatedRange = z.strictObject({ least: count, most: count.nullable() });
export type EstimatedRange = z.infer<typeof EstimatedRange>;

/** How much of a limit the run takes, and the setting that helps. */
export const LimitShare = z.strictObject({
  limit: z.string(),
  /** 1 is all of it. */
  share: z.number().min(0),
  fix: z.string(),
});
export type LimitShare = z.infer<typeof LimitShare>;

export const TracesEstimate = z.strictObject({
  kind: z.literal('traces'),
  inputs: count,
  input_bytes: count,
  shards: count,
  /** Of a scattered source, the tasks that group its candidates before the shards are built. */
  grouping_tasks: count,
  /** Parts of the upload that the collection is composed of; of more than 10,000 the bytes are copied twice. */
  upload_parts: count,
  /** What was read to estimate the rest. `whole`: everything, so the figures are the run's own. */
  sample: z.strictObject({ bytes: count, records: count, whole: z.boolean() }),
  candidates: EstimatedRange,
  pairs: EstimatedRange,
  collection_bytes: EstimatedRange,
  /** Memory that Choose needs for the formats asked, and for the tables that it chooses by; 0 where nothing is chosen. */
  choose_bytes: EstimatedRange,
  /** Seconds of each state, by the benchmark's rates. */
  seconds: z.strictObject({ group: count, build: count, choose: count, write: count, finalize: count, all: count }),
  /** What AWS bills. */
  usage: z.strictObject({ gib_seconds: count, state_transitions: count, reads: count, writes: count }),
  /** The nearest first. */
  limits: z.array(LimitShare).readonly(),
  /** Limits that the run may pass. */
  warnings: z.array(z.string()).readonly(),
});
export type TracesEstimate = z.infer<typeof TracesEstimate>;

/** Of a live workflow, whose traces nobody has seen: what it is asked. */
export const WorkflowEstimate = z.strictObject({
  kind: z.literal('workflow'),
  /** Rows times repetitions. */
  examples: count,
  /** With every further try that an example may have. */
  requests: EstimatedRange,
  batches: count,
  /** Until the last answer, should each try take all of its `timeout_seconds`. */
  most_seconds: count,
});
export type WorkflowEstimate = z.infer<typeof WorkflowEstimate>;

/** What a run will come to, as far as its inputs show before it begins. */
export const Estimate = z.discriminatedUnion('kind', [TracesEstimate, WorkflowEstimate]);
export type Estimate = z.infer<typeof Estimate>;

/** `estimate.json`, part of the plan of a run on AWS: a pure function of the pinned inputs and the request. */
export const RunEstimate = z.strictObject({ run_id: RunId, estimate: Estimate });
export type RunEstimate = z.infer<typeof RunEstimate>;

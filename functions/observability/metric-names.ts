/** Of every metric; a pipeline tells its own from others' by the dimension `service` (`POWERTOOLS_SERVICE_NAME`). */
export const NAMESPACE = 'DpoTrajectories';

/** What a call of a step counts, by name, and its unit. */
export const COUNTS = {
  /** Planned. */
  Shards: 'Count',
  /** Trace items read, the rejected ones included. */
  Items: 'Count',
  Candidates: 'Count',
  Pairs: 'Count',
  /** Of trace items read, uncompressed. */
  Bytes: 'Bytes',
  RejectedItems: 'Count',
  RejectedCandidates: 'Count',
  /** A live workflow's examples, when their batch is done. */
  ExamplesAnswered: 'Count',
  ExamplesFailed: 'Count',
} as const;
export type CountName = keyof typeof COUNTS;

/** Wall seconds of one call, whether it succeeds or fails, by the dimension `stage`. */
export const SECONDS = 'Seconds';

/** Rejected items and candidates by the dimension `reason`, one of the pipeline's own. */
export const REJECTED = 'Rejected';

/** A step, or what starts runs, by its file in `functions/`. */
export const STAGES = [
  'evaluate',
  'run-workflow',
  'plan-traces',
  'group-candidates',
  'build-shard',
  'choose',
  'write-datasets',
  'finalize',
  'submit-training',
  'check-training',
  'deploy-model',
  'record-failure',
  'gather-uploads',
] as const;
export type Stage = (typeof STAGES)[number];

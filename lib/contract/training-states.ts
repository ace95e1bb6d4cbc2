import * as z from 'zod';
import { RunId } from './run-id.ts';
import { FinalizeOutput } from './states.ts';

/**
 * What passes between SubmitTraining, CheckTraining and DeployModel: Finalize's output, and under `training` where the
 * job is. The job itself stands in the store.
 */

/** NAT's own words for a job's status. */
export const TrainingStatus = z.enum(['pending', 'running', 'completed', 'failed', 'canceled']);
export type TrainingStatus = z.infer<typeof TrainingStatus>;

export const TrainingProgress = z.strictObject({
  /** Which trainer, in NAT's spelling: `nemo-customizer`, `nemo-platform`, `event-bridge`. */
  backend: z.string(),
  job_id: z.string(),
  output_model: z.string().nullable(),
  status: TrainingStatus,
  /** For people: the job, where it stands, what to do. At most 1,000 characters. */
  message: z.string(),
  /** Percent of the job done, where the trainer says. */
  progress: z.number().nullable(),
  /** Where the state machine goes: `check` and `deploying` after waiting `wait_seconds`. */
  next: z.enum(['check', 'deploy', 'deploying', 'done']),
  /** Whole seconds, as a Wait state wants them. */
  wait_seconds: z.int().min(1),
  /** Status checks made by this execution, the failed ones included. */
  polls: z.int().min(0),
  /** Status checks that failed in a row. */
  failures: z.int().min(0),
  /** Seconds this execution has waited for the deployment. */
  deploying_seconds: z.int().min(0),
});
export type TrainingProgress = z.infer<typeof TrainingProgress>;

export const SubmitTrainingInput = FinalizeOutput;
export type SubmitTrainingInput = z.infer<typeof SubmitTrainingInput>;

export const TrainingOutput = FinalizeOutput.extend({ training: TrainingProgress });
export type TrainingOutput = z.infer<typeof TrainingOutput>;

export const CheckTrainingInput = TrainingOutput;
export type CheckTrainingInput = z.infer<typeof CheckTrainingInput>;

export const DeployModelInput = TrainingOutput;
export type DeployModelInput = z.infer<typeof DeployModelInput>;

/** `job.json`: the one job of a run, written once. */
export const TrainingJob = z.strictObject({
  run_id: RunId,
  backend: z.string(),
  job_id: z.string(),
  output_model: z.string().nullable(),
  /** The dataset as the trainer knows it: `namespace/name`, or a location. */
  dataset: z.string(),
  submission_id: z.string(),
  submitted_at: z.string(),
});
export type TrainingJob = z.infer<typeof TrainingJob>;

/** `attempts/<n>.json`: written once, just before the job is asked for; what tells a restart to look before it asks again. */
export const SubmitAttempt = z.strictObject({
  run_id: RunId,
  attempt: z.int().min(1),
  submission_id: z.string(),
  started_at: z.iso.datetime(),
});
export type SubmitAttempt = z.infer<typeof SubmitAttempt>;

/** A line of `training.jsonl`: written where something changed since the line before. */
export const TrainingLine = z.strictObject({
  timestamp: z.string(),
  run_id: RunId,
  backend: z.string(),
  job_id: z.string(),
  phase: z.enum(['training', 'deployment']),
  /** Null where the status could not be read. */
  status: z.string().nullable(),
  /** The trainer's own word. */
  reported_status: z.string().nullable(),
  progress: z.number().nullable(),
  epochs_completed: z.number().nullable(),
  message: z.string(),
});
export type TrainingLine = z.infer<typeof TrainingLine>;

/** `final_metrics.json`: the keys and order of NAT's trainer. */
export const FinalMetrics = z.strictObject({
  run_id: RunId,
  timestamp: z.string(),
  status: TrainingStatus,
  message: z.string(),
  progress: z.number().nullable(),
  /** Repetitions of a workflow's dataset that yielded a trajectory; 1 for traces that were there. */
  num_collection_runs: z.int(),
  total_trajectory_groups: z.int(),
  collection_summary: z.strictObject({
    total_trajectories: z.int(),
    total_dpo_pairs: z.int(),
    /** As in NAT: the mean of the collection runs' own means, each run counting alike however much it yielded. */
    avg_reward: z.number(),
  }),
  job_metadata: z
    .strictObject({ job_id: z.string(), output_model: z.string().nullable(), dataset_name: z.string() })
    .nullable(),
});
export type FinalMetrics = z.infer<typeof FinalMetrics>;

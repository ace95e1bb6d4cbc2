import type { TrainingJob, TrainingStatus } from '../../contract/training-states.ts';

/**
 * The port to whatever trains. Implementations: `adapters/trainers/`. Each call may be made twice, or cut off
 * anywhere and made again. They throw {@link TrainerUnavailable} where asking again may help and
 * {@link TrainerRefused} where it will not.
 */
export interface Trainer {
  /** In NAT's spelling: `nemo-customizer`. */
  readonly backend: string;

  /** Brings the dataset where the trainer finds it. What exists already is fine. */
  prepare(submission: Submission): Promise<void>;

  /** The job that an earlier {@link submit} of this very submission created, or undefined. */
  find(submission: Submission): Promise<SubmittedJob | undefined>;

  /** Creates the job. */
  submit(submission: Submission): Promise<SubmittedJob>;

  /** How its jobs are followed; undefined where handing over is all there is. */
  readonly following?: Following;
}

export interface Following {
  status(jobId: string): Promise<JobStatus>;
  /** Creates the model's deployment. What exists already is fine. */
  deploy(deployment: Deployment): Promise<void>;
  deploymentStatus(deployment: Deployment): Promise<DeploymentStatus>;
}

/** One run's dataset on its way to one trainer. */
export interface Submission {
  readonly run_id: string;
  /** Digest of the run, its dataset and the training settings: the same for every attempt, different for all else. */
  readonly id: string;
  /** For people and for {@link Trainer.find}: what the trainer shows with the job. */
  readonly description: string;
  /** A name made of the run's: lower case, at most 63 characters, as the trainers' entities want it. */
  readonly name: string;
  /** The trained model's name as the request gives it, else null. */
  readonly output_model: string | null;
  readonly files: readonly DatasetFile[];
}

/** A committed file of the dataset. */
export interface DatasetFile {
  readonly format: string;
  /** `training`, `validation`, … as in the manifest. */
  readonly role: string;
  /** Relative to the collections bucket. */
  readonly key: string;
  readonly bytes: number;
  readonly lines: number;
}

/** The store of the runs as others reach it: a bucket, and what stands before every key ('' or ending in a slash). */
export interface DatasetLocation {
  /** On one's own machine a directory's `file:` URL. */
  readonly bucket: string;
  readonly prefix: string;
}

export type SubmittedJob = Pick<TrainingJob, 'job_id' | 'output_model' | 'dataset'>;

export interface JobStatus {
  readonly status: TrainingStatus;
  /** The trainer's own word. */
  readonly reported: string;
  /** False: a word that is not known; it is taken for `running`, and said aloud. */
  readonly known: boolean;
  /** Percent, 0 to 100. */
  readonly progress: number | null;
  readonly epochs_completed: number | null;
  /** What the trainer says beside it, such as why the job failed. */
  readonly detail: string | null;
}

export interface Deployment {
  readonly config_name: string;
  readonly name: string;
  readonly output_model: string;
  readonly description: string;
}

export interface DeploymentStatus {
  readonly status: 'deploying' | 'ready' | 'failed';
  readonly reported: string;
  readonly detail: string | null;
}

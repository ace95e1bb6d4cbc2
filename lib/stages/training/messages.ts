import type { TrainingJob } from '../../contract/training-states.ts';
import { shorten } from '../../shorten.ts';
import type { JobStatus } from './trainer.ts';

/** What people read: each names the job, says where it stands and what to do next. */

/** Longest text of a trainer's own that is passed on: a state's output must stay small. */
const MAX_DETAIL = 300;

export const nameOf = ({ backend, job_id }: TrainingJob) => `${backend} job ${job_id}`;

export const shortened = (text: string): string => shorten(text.replaceAll(/\s+/g, ' ').trim(), MAX_DETAIL);

/** A job's status without the trainer's own words, which may quote a line of the dataset. */
export const withoutWords = (seen: JobStatus): JobStatus => ({
  ...seen,
  reported: seen.known ? seen.reported : 'not known here',
  detail: null,
});

/** What the words are replaced by where they are left out. */
export const WORDS_IN = "training.jsonl has the trainer's own words.";

/** NAT's `Status: …, Epochs: …`, and what NAT leaves out. */
export function statusMessage(job: TrainingJob, seen: JobStatus): string {
  const epochs = seen.epochs_completed === null ? '' : `, Epochs: ${seen.epochs_completed}`;
  const progress = seen.progress === null ? '' : `, ${seen.progress} % done`;
  const unknown = seen.known ? '' : ' (an unknown status: treated as running)';
  const detail = seen.detail === null ? '' : `: ${shortened(seen.detail)}`;
  return `${nameOf(job)}: Status: ${shortened(seen.reported)}${epochs}${progress}${unknown}${detail}`;
}

export const failedMessage = (job: TrainingJob, seen: JobStatus) =>
  `${statusMessage(job, seen)}. No model was trained and none is deployed. Look at the job's logs, fix the cause, and train again under a new run_id.`;

export const canceledMessage = (job: TrainingJob, seen: JobStatus, deploys: boolean) =>
  deploys
    ? `${statusMessage(job, seen)}. No model was trained and none is deployed. Find out who or what canceled the job (a person, a time limit, a lack of GPUs), then train again under a new run_id.`
    : `${statusMessage(job, seen)}. No model was trained. Train again under a new run_id.`;

export const lostMessage = (job: TrainingJob, failures: number, last: string) =>
  `The status of ${nameOf(job)} could not be read ${failures} times in a row (last: ${shortened(last)}). The job itself may continue: look at the trainer. ` +
  'Start the run again with the same run_id to follow the same job; a larger max_consecutive_status_failures allows more failures.';

export const unfinishedMessage = (job: TrainingJob, polls: number, seen: JobStatus) =>
  `${statusMessage(job, seen)}, after the ${polls} status checks that one execution has. The job itself continues: start the run again with the same run_id to follow it further, and set a longer poll_interval_seconds next time.`;

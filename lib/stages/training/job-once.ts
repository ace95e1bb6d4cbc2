import { SubmitAttempt, TrainingJob } from '../../contract/training-states.ts';
import type { ObjectStore } from '../../objects/store.ts';
import { jsonText, readJson } from '../../objects/stored-json.ts';
import type { Deps } from '../deps.ts';
import { ifFound } from '../if-found.ts';
import { TrainerRefused, TrainingSubmitPending } from './errors.ts';
import { trainingKeys } from './keys.ts';
import type { Submission, SubmittedJob, Trainer } from './trainer.ts';

export type JobOnceDeps = Pick<Deps, 'collections' | 'now'>;

/**
 * Longest that asking for a job may be under way: a minute for the request (see `functions/training`), and as much
 * again for a trainer that is still at work after the connection broke, and for clocks that differ.
 */
export const SUBMIT_SECONDS = 120;

/**
 * The run's one job. Recorded: that one. Else each attempt first leaves a numbered record that only one can create,
 * then asks for the job, then records it. Who finds such a record without a job looks for the job at the trainer; asks
 * again only when it is not there and the attempt is old enough to be over; and until then throws
 * {@link TrainingSubmitPending}.
 */
export async function jobOnce(submission: Submission, trainer: Trainer, deps: JobOnceDeps): Promise<TrainingJob> {
  const keys = trainingKeys(submission.run_id);
  const recorded = await ifFound(readJson(deps.collections, keys.job, TrainingJob));
  if (recorded) return recorded;

  const last = await lastAttempt(submission.run_id, deps.collections);
  if (last) {
    const found = await trainer.find(submission);
    if (found) return record(found, submission, trainer, deps);
    refuseWhilePending(last, deps.now());
  }
  await trainer.prepare(submission);
  const job = await attempt((last?.attempt ?? 0) + 1, submission, trainer, deps);
  return record(job, submission, trainer, deps);
}

async function attempt(
  number: number,
  submission: Submission,
  trainer: Trainer,
  { collections, now }: JobOnceDeps,
): Promise<SubmittedJob> {
  const { run_id } = submission;
  const key = trainingKeys(run_id).attempt(number);
  const mine = { run_id, attempt: number, submission_id: submission.id, started_at: now().toISOString() };
  if ((await collections.create(key, jsonText(SubmitAttempt.parse(mine)))) === 'exists') throw pending(number, run_id);
  try {
    return await trainer.submit(submission);
  } catch (error) {
    // After a clear no there is no job to look for, and once the cause is fixed nothing needs to wait.
    if (error instanceof TrainerRefused) await collections.remove(key);
    throw error;
  }
}

async function record(
  job: SubmittedJob,
  { run_id, id }: Submission,
  { backend }: Trainer,
  { collections, now }: JobOnceDeps,
): Promise<TrainingJob> {
  const { job: key } = trainingKeys(run_id);
  const mine = { run_id, backend, ...job, submission_id: id, submitted_at: now().toISOString() };
  if ((await collections.create(key, jsonText(TrainingJob.parse(mine)))) === 'created') return mine;
  return (await ifFound(readJson(collections, key, TrainingJob))) ?? mine;
}

async function lastAttempt(runId: string, store: ObjectStore): Promise<SubmitAttempt | undefined> {
  let last: string | undefined;
  for await (const { key } of store.list(trainingKeys(runId).attempts)) last = key;
  return last === undefined ? undefined : ifFound(readJson(store, last, SubmitAttempt));
}

function refuseWhilePending(last: SubmitAttempt, now: Date): void {
  const seconds = (now.getTime() - Date.parse(last.started_at)) / 1000;
  if (seconds < SUBMIT_SECONDS) throw pending(last.attempt, last.run_id);
}

const pending = (attempt: number, runId: string) =>
  new TrainingSubmitPending(
    `Attempt ${attempt} to submit the training job of run ${runId} has not said how it ended, and the trainer shows no job yet. ` +
      `Nothing to do: after ${SUBMIT_SECONDS} seconds it counts as over and the job is submitted again.`,
  );

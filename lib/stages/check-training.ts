import type { Manifest } from '../contract/manifest.ts';
import type { TrainingSettings } from '../contract/training.ts';
import type {
  CheckTrainingInput,
  TrainingJob,
  TrainingOutput,
  TrainingProgress,
  TrainingStatus,
} from '../contract/training-states.ts';
import { InvalidRequest } from '../errors.ts';
import { SecretUnavailable } from './http.ts';
import { committedRun, recordedJob, type TrainingDeps } from './training/committed-run.ts';
import {
  TrainerRefused,
  TrainerUnavailable,
  TrainingCanceled,
  TrainingFailed,
  TrainingLost,
} from './training/errors.ts';
import { writeFinalMetrics } from './training/final-metrics.ts';
import {
  canceledMessage,
  failedMessage,
  lostMessage,
  statusMessage,
  unfinishedMessage,
  WORDS_IN,
  withoutWords,
} from './training/messages.ts';
import { type FollowSettings, followSettings } from './training/plan.ts';
import { POLLING, trainingWait } from './training/polling.ts';
import { addProgressLine } from './training/progress-lines.ts';
import type { JobStatus } from './training/trainer.ts';

/** Looks at the job once: waits on, goes on to the deployment, or ends as NAT ends. */
export async function checkTraining(input: CheckTrainingInput, deps: TrainingDeps): Promise<TrainingOutput> {
  const { manifest, training } = await committedRun(input.run_id, deps.collections);
  const follow = followSettings(training);
  if (!follow) {
    throw new InvalidRequest(`Run ${input.run_id} does not wait for its training job: there is nothing to check.`);
  }
  const check = { manifest, follow, job: await recordedJob(input.run_id, deps.collections), deps };
  const seen = await look(training, check);
  const progress =
    'unread' in seen ? await unread(seen.unread, input.training, check) : await read(seen, input.training, check);
  return { ...input, training: progress };
}

interface Check {
  readonly manifest: Manifest;
  readonly follow: FollowSettings;
  readonly job: TrainingJob;
  readonly deps: TrainingDeps;
}

/**
 * The status, or why it could not be read: as in NAT, whatever the trainer answers instead counts as a failed check. So
 * does a secret that cannot be had at the moment: a job of days is not given up for that.
 */
async function look(
  training: TrainingSettings,
  { job, deps }: Check,
): Promise<JobStatus | { readonly unread: string }> {
  try {
    const { backend, following } = await deps.trainer(training);
    if (!following) throw new InvalidRequest(`${backend} reports no status: its jobs are only handed over.`);
    return await following.status(job.job_id);
  } catch (error) {
    if (!isPassing(error)) throw error;
    return { unread: error.message };
  }
}

const isPassing = (error: unknown): error is Error =>
  [TrainerUnavailable, TrainerRefused, SecretUnavailable].some((passing) => error instanceof passing);

async function unread(why: string, before: TrainingProgress, check: Check): Promise<TrainingProgress> {
  const { follow, job } = check;
  const polls = before.polls + 1;
  const failures = before.failures + 1;
  const message = lostMessage(job, failures, why);
  await addLine(null, message, check);
  if (failures >= follow.max_consecutive_status_failures || polls >= POLLING.training_polls) {
    await end('failed', message, before.progress, check);
    throw new TrainingLost(message, { inLogs: lostMessage(job, failures, WORDS_IN) });
  }
  return {
    ...before,
    message,
    polls,
    failures,
    wait_seconds: trainingWait(follow.poll_interval_seconds, polls, failures),
  };
}

async function read(seen: JobStatus, before: TrainingProgress, check: Check): Promise<TrainingProgress> {
  const { follow, job } = check;
  const polls = before.polls + 1;
  const message = statusMessage(job, seen);
  await addLine(seen, message, check);
  const now = { ...before, status: seen.status, message, progress: seen.progress, polls, failures: 0 };
  switch (seen.status) {
    case 'completed':
      if (follow.deploy_on_completion) return { ...now, next: 'deploy', wait_seconds: 1 };
      await end('completed', message, seen.progress, check);
      return { ...now, next: 'done', wait_seconds: 1 };
    case 'failed': {
      const failed = failedMessage(job, seen);
      await end('failed', failed, seen.progress, check);
      throw new TrainingFailed(failed, { inLogs: `${failedMessage(job, withoutWords(seen))} ${WORDS_IN}` });
    }
    case 'canceled': {
      const canceled = canceledMessage(job, seen, follow.deploy_on_completion);
      await end('canceled', canceled, seen.progress, check);
      if (follow.deploy_on_completion) {
        const inLogs = `${canceledMessage(job, withoutWords(seen), true)} ${WORDS_IN}`;
        throw new TrainingCanceled(canceled, { inLogs });
      }
      return { ...now, message: canceled, next: 'done', wait_seconds: 1 };
    }
    default:
      if (polls >= POLLING.training_polls) {
        const unfinished = unfinishedMessage(job, polls, seen);
        await end(seen.status, unfinished, seen.progress, check);
        throw new TrainingLost(unfinished, { inLogs: unfinishedMessage(job, polls, withoutWords(seen)) });
      }
      return { ...now, next: 'check', wait_seconds: trainingWait(follow.poll_interval_seconds, polls, 0) };
  }
}

const end = (status: TrainingStatus, message: string, progress: number | null, { job, manifest, deps }: Check) =>
  writeFinalMetrics({ status, message, progress }, job, manifest, deps);

const addLine = (seen: JobStatus | null, message: string, { job, deps }: Check) =>
  addProgressLine(job, { phase: 'training', message, status: null, ...seen }, deps);

import type { SubmitTrainingInput, TrainingOutput } from '../contract/training-states.ts';
import { committedRun, type TrainingDeps } from './training/committed-run.ts';
import { writeFinalMetrics } from './training/final-metrics.ts';
import { jobOnce } from './training/job-once.ts';
import { nameOf } from './training/messages.ts';
import { followSettings, trainerSettings } from './training/plan.ts';
import { trainingWait } from './training/polling.ts';
import { addProgressLine } from './training/progress-lines.ts';
import { submissionOf } from './training/submission.ts';

/**
 * Hands the committed dataset to the trainer and records the job, once however often it runs; then either says when to
 * look at the job, or ends where nobody waits for it.
 */
export async function submitTraining(input: SubmitTrainingInput, deps: TrainingDeps): Promise<TrainingOutput> {
  const { manifest, training } = await committedRun(input.run_id, deps.collections);
  const follow = followSettings(training);
  const trainer = await deps.trainer(training);
  const job = await jobOnce(submissionOf(manifest, training), trainer, deps);

  const message = follow
    ? `${nameOf(job)} submitted on dataset ${job.dataset}`
    : `${nameOf(job)}: Training job submitted (not waiting for completion)${trainerSettings(training)?.deploy_on_completion ? NOT_DEPLOYED : ''}`;
  // NAT calls a job that it does not wait for running.
  const status = follow ? 'pending' : 'running';
  await addProgressLine(job, { phase: 'training', status, message }, deps);
  if (!follow) await writeFinalMetrics({ status, message, progress: null }, job, manifest, deps);
  return {
    ...input,
    training: {
      backend: job.backend,
      job_id: job.job_id,
      output_model: job.output_model,
      status,
      message,
      progress: null,
      next: follow ? 'check' : 'done',
      wait_seconds: follow ? trainingWait(follow.poll_interval_seconds, 0, 0) : 1,
      polls: 0,
      failures: 0,
      deploying_seconds: 0,
    },
  };
}

const NOT_DEPLOYED = '; its model is not deployed: deploy_on_completion needs wait_for_completion';

import type { DeployModelInput, TrainingJob, TrainingOutput, TrainingProgress } from '../contract/training-states.ts';
import { InvalidRequest } from '../errors.ts';
import { committedRun, recordedJob, type TrainingDeps } from './training/committed-run.ts';
import { deploymentOf } from './training/deployment.ts';
import { DeploymentFailed, DeploymentTimedOut, TrainerRefused, TrainerUnavailable } from './training/errors.ts';
import { writeFinalMetrics } from './training/final-metrics.ts';
import { nameOf, shortened, WORDS_IN } from './training/messages.ts';
import { followSettings } from './training/plan.ts';
import { deploymentWait } from './training/polling.ts';
import { addProgressLine } from './training/progress-lines.ts';
import { submissionOf } from './training/submission.ts';
import type { Deployment, DeploymentStatus, Following } from './training/trainer.ts';

/**
 * Deploys the trained model, then looks whether it is ready. The first call of an execution creates what is not there
 * yet; the later ones only look. As in NAT the time that counts is the time waited.
 */
export async function deployModel(input: DeployModelInput, deps: TrainingDeps): Promise<TrainingOutput> {
  const { manifest, training } = await committedRun(input.run_id, deps.collections);
  const follow = followSettings(training);
  const trainer = await deps.trainer(training);
  if (!follow?.deploy_on_completion || !trainer.following) {
    throw new InvalidRequest(`Run ${input.run_id} does not ask for a deployment.`);
  }
  const { deployment_timeout_seconds: timeout, deployment_config, poll_interval_seconds } = follow;
  const job = withModel(await recordedJob(input.run_id, deps.collections));
  const deployment = deploymentOf(job, submissionOf(manifest, training), deployment_config);
  const before = input.training;
  if (before.next === 'deploy') await trainer.following.deploy(deployment);
  const seen = await look(trainer.following, deployment);

  const message = deploymentMessage(job, deployment, seen);
  const inLogs = deploymentMessage(job, deployment, { reported: seen.status, detail: null });
  const { status, reported } = seen;
  await addProgressLine(job, { phase: 'deployment', status, reported, message }, deps);
  const end = (text: string) =>
    writeFinalMetrics({ status: 'completed', message: text, progress: before.progress }, job, manifest, deps);
  const now: TrainingProgress = { ...before, message, wait_seconds: deploymentWait(poll_interval_seconds, timeout) };
  if (seen.status === 'ready') {
    await end(message);
    return { ...input, training: { ...now, next: 'done' } };
  }
  if (seen.status === 'failed') {
    const failed = (said: string) =>
      `${said}. The model ${job.output_model} is trained: fix the cause, delete the deployment, and start the run again with the same run_id to deploy it.`;
    await end(failed(message));
    throw new DeploymentFailed(failed(message), { inLogs: `${failed(inLogs)} ${WORDS_IN}` });
  }
  if (before.deploying_seconds >= timeout) {
    const late = (said: string) =>
      `${said}; it was not ready within ${timeout} seconds (deployment_timeout_seconds). The model ${job.output_model} is trained: look at the deployment, and start the run again with the same run_id to continue waiting.`;
    await end(late(message));
    throw new DeploymentTimedOut(late(message), { inLogs: `${late(inLogs)} ${WORDS_IN}` });
  }
  const deploying_seconds = before.deploying_seconds + now.wait_seconds;
  return { ...input, training: { ...now, next: 'deploying', deploying_seconds } };
}

/** As in NAT a look that fails is one more look to wait for: the deployment's time limit ends it. */
async function look(
  following: Following,
  deployment: Deployment,
): Promise<Omit<DeploymentStatus, 'reported'> & { readonly reported: string | null }> {
  try {
    return await following.deploymentStatus(deployment);
  } catch (error) {
    if (!(error instanceof TrainerUnavailable || error instanceof TrainerRefused)) throw error;
    return { status: 'deploying', reported: null, detail: error.message };
  }
}

function deploymentMessage(
  job: TrainingJob,
  { name }: Deployment,
  seen: { reported: string | null; detail: string | null },
) {
  const reported = seen.reported === null ? 'status not read' : shortened(seen.reported);
  const detail = seen.detail ? ` (${shortened(seen.detail)})` : '';
  return `${nameOf(job)}: deployment ${name}: ${reported}${detail}`;
}

function withModel(job: TrainingJob): TrainingJob & { readonly output_model: string } {
  const { output_model } = job;
  if (output_model !== null) return { ...job, output_model };
  throw new InvalidRequest(`${nameOf(job)} has no model to deploy. Set output_model.`);
}

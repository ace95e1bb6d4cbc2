import type { TrainingStatus } from '../../contract/training-states.ts';
import type { DeploymentStatus, JobStatus } from './trainer.ts';

/** A trainer's word for a job's status in NAT's words. A word nobody knows is `running`, as in NAT, and marked. */
export function jobStatus(
  reported: string,
  words: Readonly<Record<string, TrainingStatus>>,
): Pick<JobStatus, 'status' | 'reported' | 'known'> {
  const status = Object.hasOwn(words, reported.toLowerCase()) ? words[reported.toLowerCase()] : undefined;
  return { status: status ?? 'running', reported, known: status !== undefined };
}

/** NeMo Customizer's, as NAT maps them. */
export const CUSTOMIZER_WORDS = {
  created: 'pending',
  pending: 'pending',
  running: 'running',
  completed: 'completed',
  failed: 'failed',
  cancelled: 'canceled',
  canceled: 'canceled',
} as const satisfies Record<string, TrainingStatus>;

/** NeMo Platform's job service. */
export const PLATFORM_WORDS = {
  created: 'pending',
  pending: 'pending',
  queued: 'pending',
  active: 'running',
  running: 'running',
  paused: 'running',
  cancelling: 'running',
  completed: 'completed',
  failed: 'failed',
  error: 'failed',
  cancelled: 'canceled',
  canceled: 'canceled',
} as const satisfies Record<string, TrainingStatus>;

/** A deployment's; a word nobody knows goes on waiting: the deployment's time limit ends it. */
export const deploymentStatus = (
  reported: string,
  words: Readonly<Record<string, 'ready' | 'failed'>>,
): Pick<DeploymentStatus, 'status' | 'reported'> => {
  const word = reported.toLowerCase();
  return { status: (Object.hasOwn(words, word) ? words[word] : undefined) ?? 'deploying', reported };
};

/** As NAT maps them. */
export const CUSTOMIZER_DEPLOYMENT_WORDS = { ready: 'ready', failed: 'failed', error: 'failed' } as const;

export const PLATFORM_DEPLOYMENT_WORDS = {
  ready: 'ready',
  running: 'ready',
  failed: 'failed',
  error: 'failed',
  terminated: 'failed',
  lost: 'failed',
} as const;

import type { TrainingSettings } from '../../contract/training.ts';
import { InvalidRequest } from '../../errors.ts';

/** What the settings of any trainer come to for the steps. */
export interface FollowPlan {
  readonly output_model: string | null;
  /** A deployment was asked for, but nobody waits for the model that it would deploy. */
  readonly undeployed: boolean;
  /** Null: handing over is all there is, or all that was asked for. */
  readonly follow: null | {
    /** Seconds. */
    readonly interval: number;
    readonly max_failures: number;
    readonly deploy: null | {
      readonly name: string | null;
      readonly description: string;
      /** Seconds. */
      readonly timeout: number;
    };
  };
}

export function followPlan(training: TrainingSettings): FollowPlan {
  const settings = training.nemo_customizer ?? training.nemo_platform;
  if (!settings) return { output_model: null, undeployed: false, follow: null };
  const { deployment_config: deployment } = settings;
  const deploy = {
    name: deployment.deployment_name,
    description: deployment.description,
    timeout: settings.deployment_timeout_seconds,
  };
  const follow = {
    interval: settings.poll_interval_seconds,
    max_failures: settings.max_consecutive_status_failures,
    deploy: settings.deploy_on_completion ? deploy : null,
  };
  const { output_model, wait_for_completion: waits, deploy_on_completion: deploys } = settings;
  return { output_model, undeployed: deploys && !waits, follow: waits ? follow : null };
}

/**
 * A token in plain text has no place in a request: the service that runs it, and the run's folder, keep and show it.
 * For use before anything is stored, and again before anything is sent.
 */
export function refusePlainSecrets(training: TrainingSettings): void {
  if (!training.nemo_customizer?.hf_token) return;
  throw new InvalidRequest(
    'training.nemo_customizer.hf_token is a token in plain text. Store it in Secrets Manager, name the secret by ' +
      'training.nemo_customizer.hf_token_secret_arn, leave hf_token out, and replace this token if it was sent to AWS: executions keep their input.',
  );
}

/**
 * For runs on one's own machine, where a NAT configuration with its `hf_token` is taken as it stands: the settings with
 * the token's place instead of the token, and the environment in which it is found there (see `environmentSecrets`).
 */
export function plainSecretsAside(training: TrainingSettings): {
  readonly training: TrainingSettings;
  readonly environment: Readonly<Record<string, string>>;
} {
  const customizer = training.nemo_customizer;
  if (!customizer?.hf_token) return { training, environment: {} };
  return {
    training: { ...training, nemo_customizer: { ...customizer, hf_token: '', hf_token_secret_arn: `env:${HF_TOKEN}` } },
    environment: { [HF_TOKEN]: customizer.hf_token },
  };
}

const HF_TOKEN = 'DPO_TRAINING_HF_TOKEN';

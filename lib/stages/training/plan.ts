import type { NemoCustomizer, NemoPlatform, TrainingSettings } from '../../contract/training.ts';
import { InvalidRequest } from '../../errors.ts';

/** The settings of a trainer that can be asked for a job's status. */
export type FollowSettings = NemoCustomizer | NemoPlatform;

/** Undefined where handing over is all there is. */
export const trainerSettings = ({ nemo_customizer, nemo_platform }: TrainingSettings): FollowSettings | undefined =>
  nemo_customizer ?? nemo_platform;

/** How the job is followed; undefined where handing over is all there is, or all that was asked for. */
export function followSettings(training: TrainingSettings): FollowSettings | undefined {
  const settings = trainerSettings(training);
  return settings?.wait_for_completion ? settings : undefined;
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

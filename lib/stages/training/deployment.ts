import type { TrainingJob } from '../../contract/training-states.ts';
import type { FollowSettings } from './plan.ts';
import type { Deployment, Submission } from './trainer.ts';

/** NAT's names for the configuration and the deployment, with the run's name made fit for them. */
export function deploymentOf(
  job: TrainingJob & { readonly output_model: string },
  submission: Submission,
  { deployment_name, description }: FollowSettings['deployment_config'],
): Deployment {
  return {
    config_name: fitted(`nat-deploy-config-${submission.name}`),
    name: deployment_name ?? fitted(`nat-deployment-${submission.name}`),
    output_model: job.output_model,
    description,
  };
}

/** 63 characters at most; the digest at the end of the submission's name stays. */
const fitted = (name: string) =>
  name.length <= 63 ? name : `${name.slice(0, 54).replace(/(?<!-)-+$/, '')}${name.slice(-9)}`;

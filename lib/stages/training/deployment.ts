import type { TrainingJob } from '../../contract/training-states.ts';
import type { FollowPlan } from './plan.ts';
import type { Deployment, Submission } from './trainer.ts';

/** NAT's names for the configuration and the deployment, with the run's name made fit for them. */
export function deploymentOf(
  job: TrainingJob & { readonly output_model: string },
  submission: Submission,
  deploy: NonNullable<NonNullable<FollowPlan['follow']>['deploy']>,
): Deployment {
  return {
    config_name: fitted(`nat-deploy-config-${submission.name}`),
    name: deploy.name ?? fitted(`nat-deployment-${submission.name}`),
    output_model: job.output_model,
    description: deploy.description,
  };
}

/** 63 characters at most; the digest at the end of the submission's name stays. */
const fitted = (name: string) =>
  name.length <= 63 ? name : `${name.slice(0, 54).replace(/(?<!-)-+$/, '')}${name.slice(-9)}`;

import { ArnFormat, Stack } from 'aws-cdk-lib';
import type { IGrantable } from 'aws-cdk-lib/aws-iam';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import { allow, readSecrets } from './grants.ts';
import { StepFunction } from './step-function.ts';

export interface TrainingStepsProps {
  readonly collections: IBucket;
  /** Origins that may be reached though they are not https, or not public. */
  readonly allowedEndpoints: readonly string[];
  /** The secrets that requests may name. */
  readonly secretArns: readonly string[];
}

/** The functions that hand a committed dataset to a trainer and follow its job, and what each may do. */
export function trainingSteps(scope: Construct, { collections, allowedEndpoints, secretArns }: TrainingStepsProps) {
  const environment = { COLLECTIONS_BUCKET: collections.bucketName, ALLOWED_ENDPOINTS: allowedEndpoints.join(',') };
  const step = (id: string, source: string, memoryMb: number) => {
    const made = new StepFunction(scope, id, { source, memoryMb, environment });
    trainOn(made, collections);
    readSecrets(made, secretArns);
    return made;
  };
  // A whole vCPU: the upload is hashed on its way.
  const submit = step('SubmitTraining', 'submit-training', 1769);
  const withdrawn = collections.arnForObjects('runs/*/training/attempts/*');
  submit.grantPrincipal.addToPrincipalPolicy(allow(['s3:DeleteObject'], [withdrawn]));
  submit.grantPrincipal.addToPrincipalPolicy(allow(['events:PutEvents'], [defaultBus(scope)]));
  return {
    submitTraining: submit,
    checkTraining: step('CheckTraining', 'check-training', 512),
    deployModel: step('DeployModel', 'deploy-model', 512),
  };
}

/** Reads what a run committed; writes what its training comes to, and nothing else of the run. */
function trainOn(trainer: IGrantable, bucket: IBucket): void {
  const grant = (actions: string[], keys: readonly string[]) => {
    const objects = keys.map((key) => bucket.arnForObjects(`runs/*/${key}`));
    trainer.grantPrincipal.addToPrincipalPolicy(allow(actions, objects));
  };
  trainer.grantPrincipal.addToPrincipalPolicy(allow(['s3:ListBucket'], [bucket.bucketArn]));
  grant(['s3:GetObject'], ['request.json', 'manifest.json', 'collection.jsonl', 'datasets/*', ...WRITTEN]);
  grant(['s3:PutObject'], [...WRITTEN, 'final_metrics.json']);
}

const WRITTEN = ['training/*', 'training.jsonl'];

const defaultBus = (scope: Construct): string =>
  Stack.of(scope).formatArn({
    service: 'events',
    resource: 'event-bus',
    resourceName: 'default',
    arnFormat: ArnFormat.SLASH_RESOURCE_NAME,
  });

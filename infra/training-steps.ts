import { ArnFormat, Stack } from 'aws-cdk-lib';
import type { IGrantable } from 'aws-cdk-lib/aws-iam';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import type { Construct } from 'constructs';
import { STEP_MEMORY_MB } from '../functions/memory.ts';
import { grant, READ, readSecrets, useKey } from './grants.ts';
import { StepFunction } from './step-function.ts';

export interface TrainingStepsProps {
  readonly collections: IBucket;
  /** Origins that may be reached though they are not https, or not public, and that alone get secrets. */
  readonly allowedEndpoints: readonly string[];
  /** The secrets that requests may name. */
  readonly secrets: readonly ISecret[];
}

/** The functions that hand a committed dataset to a trainer and follow its job, and what each may do. */
export function trainingSteps(scope: Construct, { collections, allowedEndpoints, secrets }: TrainingStepsProps) {
  const environment = { COLLECTIONS_BUCKET: collections.bucketName, ALLOWED_ENDPOINTS: allowedEndpoints.join(',') };
  const step = (id: string, source: string, memoryMb: number) => {
    const made = new StepFunction(scope, id, { source, memoryMb, environment });
    trainOn(made, collections);
    readSecrets(made, secrets);
    return made;
  };
  // A whole vCPU: the upload is hashed on its way.
  const submit = step('SubmitTraining', 'submit-training', STEP_MEMORY_MB);
  grant(submit, ['s3:DeleteObject'], [collections.arnForObjects('runs/*/training/attempts/*')]);
  grant(submit, ['events:PutEvents'], [defaultBus(scope)]);
  return {
    SubmitTraining: submit,
    CheckTraining: step('CheckTraining', 'check-training', 512),
    DeployModel: step('DeployModel', 'deploy-model', 512),
  };
}

/** Reads what a run committed; writes what its training comes to, and nothing else of the run. */
function trainOn(trainer: IGrantable, bucket: IBucket): void {
  const files = (keys: readonly string[]) => keys.map((key) => bucket.arnForObjects(`runs/*/${key}`));
  grant(trainer, ['s3:ListBucket'], [bucket.bucketArn]);
  const read = ['request.json', 'manifest.json', 'metrics.jsonl', 'datasets/*', ...WRITTEN];
  grant(trainer, READ, files(read));
  grant(trainer, ['s3:PutObject'], files([...WRITTEN, 'final_metrics.json']));
  useKey(trainer, bucket, ['kms:Decrypt', 'kms:GenerateDataKey']);
}

const WRITTEN = ['training/*', 'training.jsonl'];

const defaultBus = (scope: Construct): string =>
  Stack.of(scope).formatArn({
    service: 'events',
    resource: 'event-bus',
    resourceName: 'default',
    arnFormat: ArnFormat.SLASH_RESOURCE_NAME,
  });

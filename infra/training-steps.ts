import { ArnFormat, Stack } from 'aws-cdk-lib';
import type { IGrantable } from 'aws-cdk-lib/aws-iam';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import { memoryOf } from '../functions/memory.ts';
import type { Step } from '../lib/contract/steps.ts';
import { endpointsVariable, secretsFor } from './allowed-endpoint.ts';
import { grant, grantObjects, list, READ, readSecrets, useKey } from './grants.ts';
import { StepFunction } from './step-function.ts';
import type { StepsProps } from './steps-props.ts';

/** The functions that hand a committed dataset to a trainer and follow its job, and what each may do. */
export function trainingSteps(scope: Construct, { collections, endpoints, logs, network }: StepsProps) {
  const environment = {
    COLLECTIONS_BUCKET: collections.bucketName,
    ALLOWED_ENDPOINTS: endpointsVariable(scope, endpoints, 'training'),
  };
  const step = (id: Step, source: string) => {
    const made = new StepFunction(scope, id, { source, memoryMb: memoryOf(id), environment, logs, network });
    trainOn(made, collections);
    readSecrets(made, secretsFor(endpoints, 'training'));
    return made;
  };
  const submit = step('SubmitTraining', 'submit-training');
  grantObjects(submit, collections, { actions: READ, keys: ['runs/*/datasets/*'] });
  grantObjects(submit, collections, { actions: ['s3:DeleteObject'], keys: ['runs/*/training/attempts/*'] });
  grant(submit, ['events:PutEvents'], [defaultBus(scope)]);
  return {
    SubmitTraining: submit,
    CheckTraining: step('CheckTraining', 'check-training'),
    DeployModel: step('DeployModel', 'deploy-model'),
  };
}

/** Reads what a run committed, but for its data; writes what its training comes to, and nothing else of the run. */
function trainOn(trainer: IGrantable, bucket: IBucket): void {
  list(trainer, bucket, 'runs/*/training/*');
  const keys = (files: readonly string[]) => files.map((file) => `runs/*/${file}`);
  const read = ['request.json', 'manifest.json', 'metrics.jsonl', ...WRITTEN];
  grantObjects(trainer, bucket, { actions: READ, keys: keys(read) });
  grantObjects(trainer, bucket, { actions: ['s3:PutObject'], keys: keys([...WRITTEN, 'final_metrics.json']) });
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

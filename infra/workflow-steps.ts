import type { IBucket } from 'aws-cdk-lib/aws-s3';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import type { Construct } from 'constructs';
import { STEP_MEMORY_MB } from '../functions/memory.ts';
import { readSecrets, readWrite } from './grants.ts';
import { StepFunction } from './step-function.ts';

export interface WorkflowStepsProps {
  readonly collections: IBucket;
  /** Origins that may be reached though they are not https, or not public, and that alone get secrets. */
  readonly allowedEndpoints: readonly string[];
  /** The secrets that requests may name. */
  readonly secrets: readonly ISecret[];
}

/** The functions that ask a live workflow and make a plan of its answers, and what each may do. */
export function workflowSteps(scope: Construct, { collections, allowedEndpoints, secrets }: WorkflowStepsProps) {
  const COLLECTIONS_BUCKET = collections.bucketName;
  // A batch holds up to 64 MiB of answers, and as many again under way; a whole vCPU reads their streams.
  const runWorkflow = new StepFunction(scope, 'RunWorkflow', {
    source: 'run-workflow',
    memoryMb: STEP_MEMORY_MB,
    environment: { COLLECTIONS_BUCKET, ALLOWED_ENDPOINTS: allowedEndpoints.join(',') },
  });
  readSecrets(runWorkflow, secrets);
  const planTraces = new StepFunction(scope, 'PlanTraces', {
    source: 'plan-traces',
    memoryMb: STEP_MEMORY_MB,
    environment: { COLLECTIONS_BUCKET },
  });
  for (const step of [runWorkflow, planTraces]) readWrite(step, collections);
  return { RunWorkflow: runWorkflow, PlanTraces: planTraces };
}

import type { Construct } from 'constructs';
import { memoryOf } from '../functions/memory.ts';
import { endpointsVariable, secretsFor } from './allowed-endpoint.ts';
import { readSecrets, readWriteFiles } from './grants.ts';
import { StepFunction } from './step-function.ts';
import type { StepsProps } from './steps-props.ts';

/** The functions that ask a live workflow and make a plan of its answers, and what each may do. */
export function workflowSteps(scope: Construct, props: StepsProps) {
  const { collections, endpoints, ceilings, reservedConcurrency, logs, network } = props;
  const COLLECTIONS_BUCKET = collections.bucketName;
  // A batch holds up to 64 MiB of answers, and as many again under way; a whole vCPU reads their streams.
  const runWorkflow = new StepFunction(scope, 'RunWorkflow', {
    source: 'run-workflow',
    memoryMb: memoryOf('RunWorkflow'),
    environment: { COLLECTIONS_BUCKET, ALLOWED_ENDPOINTS: endpointsVariable(scope, endpoints, 'workflow') },
    reservedConcurrency,
    logs,
    network,
  });
  readSecrets(runWorkflow, secretsFor(endpoints, 'workflow'));
  const ASKED = ['request.json', 'dataset.jsonl', 'traces/*'];
  readWriteFiles(runWorkflow, collections, { reads: ASKED, writes: ['traces/*'], lists: 'traces/*' });
  const planTraces = new StepFunction(scope, 'PlanTraces', {
    source: 'plan-traces',
    memoryMb: memoryOf('PlanTraces'),
    environment: { COLLECTIONS_BUCKET, CEILINGS: JSON.stringify(ceilings) },
    logs,
    network,
  });
  const ANSWERED = ['request.json', 'batches.json', 'traces/*', 'plan.json'];
  readWriteFiles(planTraces, collections, { reads: ANSWERED, writes: ['plan.json'], lists: 'traces/*' });
  return { RunWorkflow: runWorkflow, PlanTraces: planTraces };
}

import { ArnFormat, Stack } from 'aws-cdk-lib';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import { memoryOf } from '../functions/memory.ts';
import type { EndpointPurpose } from '../lib/contract/allowed-endpoints.ts';
import type { Ceilings } from '../lib/contract/ceilings.ts';
import type { RequestsFromUploads } from '../lib/contract/start.ts';
import { STEPS, type Step } from '../lib/contract/steps.ts';
import { type AllowedEndpoint, endpointsVariable, secretsFor } from './allowed-endpoint.ts';
import { grant, readSecrets, readTokenizers, readTraces, readUploadedRequests } from './grants.ts';
import type { LogSettings } from './log-settings.ts';
import type { Network } from './network.ts';
import { useRuns } from './run-rights.ts';
import { StepFunction } from './step-function.ts';
import type { StepFunctionProps } from './step-settings.ts';

/** What all of the pipeline's functions are made with. */
export interface StepsProps {
  readonly traces: IBucket;
  /** Traces and datasets of live workflows are read only where keys begin so. */
  readonly tracesPrefix: string;
  /** What an uploaded `run.json` may set. */
  readonly requestsFromUploads: RequestsFromUploads;
  readonly collections: IBucket;
  /** The only places that runs may have something sent to. */
  readonly endpoints: readonly AllowedEndpoint[];
  /** What one run may cost at most. */
  readonly ceilings: Ceilings;
  /** Memory of Choose in MB: what a dataset's pairs are chosen in. */
  readonly chooseMemory?: number | undefined;
  /** Of each function that a map calls: set aside of the account's concurrency, and the most that it takes. */
  readonly reservedConcurrency?: number | undefined;
  readonly logs: LogSettings;
  /** The VPC that they run in; none. */
  readonly network: Network | undefined;
  /** Ends of executions that RecordFailure could not record. */
  readonly unrecordedEnds: IQueue;
}

/** The function of each step, and what it may do. */
export function pipelineSteps(scope: Construct, props: StepsProps): Readonly<Record<Step, IFunction>> {
  const { traces, tracesPrefix, collections, endpoints } = props;
  const steps = stepFunctions(scope, props);
  for (const reader of [steps.Evaluate, steps.GroupCandidates, steps.BuildShard]) {
    readTraces(reader, traces, tracesPrefix);
  }
  readTokenizers(steps.Evaluate, traces);
  for (const step of STEPS) useRuns(steps[step], step, collections);
  readUploadedRequests(steps.RecordFailure, traces, tracesPrefix);
  readSecrets(steps.RunWorkflow, secretsFor(endpoints, 'workflow'));
  for (const trainer of [steps.SubmitTraining, steps.CheckTraining, steps.DeployModel]) {
    readSecrets(trainer, secretsFor(endpoints, 'training'));
  }
  grant(steps.SubmitTraining, ['events:PutEvents'], [defaultBus(scope)]);
  return steps;
}

function stepFunctions(scope: Construct, props: StepsProps): Readonly<Record<Step, StepFunction>> {
  const { collections, endpoints, chooseMemory, reservedConcurrency, logs, network } = props;
  const step = (id: Step, environment: Readonly<Record<string, string>> = {}, more: Partial<StepFunctionProps> = {}) =>
    new StepFunction(scope, id, {
      memoryMb: memoryOf(id, chooseMemory),
      environment: { COLLECTIONS_BUCKET: collections.bucketName, ...environment },
      ...{ logs, network },
      ...more,
    });
  const TRACES_BUCKET = props.traces.bucketName;
  const REQUESTS_FROM_UPLOADS = props.requestsFromUploads;
  const CEILINGS = JSON.stringify(props.ceilings);
  const CHOOSE_MEMORY_MB = String(memoryOf('Choose', chooseMemory));
  const allowed = (purpose?: EndpointPurpose) => ({
    ALLOWED_ENDPOINTS: endpointsVariable(scope, endpoints, purpose),
  });
  const asked = { TRACES_BUCKET, REQUESTS_FROM_UPLOADS, CHOOSE_MEMORY_MB };
  return {
    Evaluate: step('Evaluate', { ...asked, TRACES_PREFIX: props.tracesPrefix, CEILINGS, ...allowed() }),
    GroupCandidates: step('GroupCandidates', { TRACES_BUCKET }, { reservedConcurrency }),
    BuildShard: step('BuildShard', { TRACES_BUCKET }, { reservedConcurrency }),
    Choose: step('Choose'),
    WriteDatasets: step('WriteDatasets', {}, { reservedConcurrency }),
    Finalize: step('Finalize'),
    // A batch holds up to 64 MiB of answers, and as many again under way; a whole vCPU reads their streams.
    RunWorkflow: step('RunWorkflow', allowed('workflow'), { reservedConcurrency }),
    PlanTraces: step('PlanTraces', { CEILINGS }),
    SubmitTraining: step('SubmitTraining', allowed('training')),
    CheckTraining: step('CheckTraining', allowed('training')),
    DeployModel: step('DeployModel', allowed('training')),
    RecordFailure: step('RecordFailure', asked, { deadLetters: props.unrecordedEnds }),
  };
}

const defaultBus = (scope: Construct): string =>
  Stack.of(scope).formatArn({
    service: 'events',
    resource: 'event-bus',
    resourceName: 'default',
    arnFormat: ArnFormat.SLASH_RESOURCE_NAME,
  });

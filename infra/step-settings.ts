import { Duration, Names } from 'aws-cdk-lib';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Architecture, type FunctionOptions, Runtime, Tracing } from 'aws-cdk-lib/aws-lambda';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import packageJson from '../package.json' with { type: 'json' };
import { acknowledge } from './acknowledge.ts';
import { keepLog, type LogSettings } from './log-settings.ts';
import { joinNetwork, type Network } from './network.ts';

export interface StepFunctionProps {
  /** MB; a vCPU comes with each 1,769 of them. */
  readonly memoryMb: number;
  readonly environment: Readonly<Record<string, string>>;
  /** Set aside of the account's concurrency, and the most of it that the function takes. */
  readonly reservedConcurrency?: number | undefined;
  readonly logs: LogSettings;
  /** The VPC that it runs in; none. */
  readonly network?: Network | undefined;
  /** Where it is also called without a wait for its answer: calls that failed for good. */
  readonly deadLetters?: IQueue;
  /** The name of its pipeline in logs and metrics; else that of the construct that it is in. */
  readonly service?: string | undefined;
}

/** A function's file in `functions/`, without `.ts`, by its id: `RunWorkflow` is in `run-workflow`. */
export const sourceOf = (id: string): string => id.replaceAll(/(?<!^)[A-Z]/g, '-$&').toLowerCase();

/** Lambda's most. A shard of 64 MiB takes seconds; the rest is for one that meets slow reads and retries them. */
export const STEP_TIMEOUT = Duration.minutes(15);

/** What a step's function is, whether it is bundled here or comes bundled: with its log group and its role. */
export function stepSettings(scope: Construct, id: string, props: StepFunctionProps) {
  const logGroup = new LogGroup(scope, `${id}Log`, keepLog(props.logs));
  // Not the managed policy that a function gets by default: that one may write to any log.
  const role = new Role(scope, `${id}Role`, { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
  logGroup.grantWrite(role);
  acknowledge(
    role,
    'AwsSolutions-IAM5[Resource::*]',
    'X-Ray takes traces for the account; it has no resource to name.',
  );
  if (props.network) joinNetwork(role);
  return {
    ...props.network,
    runtime: Runtime.NODEJS_24_X,
    architecture: Architecture.ARM_64,
    memorySize: props.memoryMb,
    timeout: STEP_TIMEOUT,
    role,
    logGroup,
    tracing: Tracing.ACTIVE,
    ...(props.reservedConcurrency === undefined ? {} : { reservedConcurrentExecutions: props.reservedConcurrency }),
    ...(props.deadLetters ? { deadLetterQueue: props.deadLetters } : {}),
    environment: {
      ...props.environment,
      CODE_VERSION: packageJson.version,
      POWERTOOLS_SERVICE_NAME: props.service ?? serviceName(scope),
      NODE_OPTIONS: '--enable-source-maps',
    },
  } as const satisfies FunctionOptions & { readonly runtime: Runtime };
}

/** Tells the logs and metrics of one pipeline from those of another in the same account. */
export const serviceName = (pipeline: Construct): string =>
  Names.uniqueResourceName(pipeline, { maxLength: 60, separator: '-' });

/** Its caller waits for a step's answer, and retries or records its failure; nothing of it ends in a queue. */
export function acknowledgeSynchronous(step: Construct, { deadLetters }: StepFunctionProps): void {
  if (deadLetters) return;
  acknowledge(
    step,
    'Serverless-LambdaDLQ',
    'Its caller waits for the answer: the state machine retries a failure, and ends the run under its name; the queue of uploads keeps what failed. Dead letters are of asynchronous invocations.',
  );
}

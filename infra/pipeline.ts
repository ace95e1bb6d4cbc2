import { ArnFormat, Aws, Fn, Names, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { Policy } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { DefinitionBody, LogLevel, StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { CHOOSE_MEMORY_MB } from '../functions/memory.ts';
import type { SetCeilings } from '../lib/contract/ceilings.ts';
import type { RequestsFromUploads } from '../lib/contract/start.ts';
import type { Step } from '../lib/contract/steps.ts';
import { acknowledge } from './acknowledge.ts';
import { acknowledgeNist } from './acknowledge-nist.ts';
import { type AllowedEndpoint, checkEndpoints } from './allowed-endpoint.ts';
import { ceilingsOf } from './ceilings.ts';
import { dataSteps } from './data-steps.ts';
import { DeadLetters } from './dead-letters.ts';
import { EndRule } from './end-rule.ts';
import { grant, grantObjects, recordFailures, useKey, useQueueKey } from './grants.ts';
import { letServicesUse } from './key-users.ts';
import { MAPS, pipelineDefinition } from './state-machine.ts';
import { StepFunction } from './step-function.ts';
import { serviceName } from './step-settings.ts';
import { trainingSteps } from './training-steps.ts';
import { workflowSteps } from './workflow-steps.ts';

export interface DpoPipelineProps {
  /** Where traces are read. */
  readonly traces: IBucket;
  /** Traces, and datasets of live workflows, are read only where keys begin so. */
  readonly tracesPrefix: string;
  /** What an uploaded `run.json` may set. */
  readonly requestsFromUploads: RequestsFromUploads;
  /** Where runs are written, under `runs/`. Not the traces bucket. */
  readonly collections: IBucket;
  /** The only places that runs may have something sent to, each with its secrets. */
  readonly allowedEndpoints: readonly AllowedEndpoint[];
  /** What one run may cost at most. */
  readonly ceilings?: SetCeilings | undefined;
  /** Of each function that a map calls: set aside of the account's concurrency, and the most that it takes. */
  readonly reservedConcurrency?: number | undefined;
  /** Encrypts logs and queues. */
  readonly encryptionKey?: IKey | undefined;
  /** Memory of Choose in MB: what a dataset's pairs are chosen in. */
  readonly chooseMemory?: number | undefined;
}

/** The state machine, its functions, and what each of them may do. */
export class DpoPipeline extends Construct {
  readonly stateMachine: StateMachine;
  /** Of the steps, by their construct's id. */
  readonly functions: readonly IFunction[];
  /** Ends of executions that were to be recorded and could not be. */
  readonly unrecordedEnds: Queue;
  /** The dimension `service` of this pipeline's metrics, and the same in its logs. */
  readonly service: string;

  constructor(scope: Construct, id: string, props: DpoPipelineProps) {
    super(scope, id);
    this.service = serviceName(this);
    const { traces, tracesPrefix, collections, allowedEndpoints: endpoints, requestsFromUploads } = props;
    const { encryptionKey, reservedConcurrency } = props;
    refuseWildcards(tracesPrefix);
    checkEndpoints(endpoints);
    const ceilings = ceilingsOf(props);
    acknowledgeNist(this, { encrypted: encryptionKey !== undefined });
    if (encryptionKey) letServicesUse(encryptionKey, this);
    this.unrecordedEnds = new DeadLetters(this, 'UnrecordedEnds', { encryptionKey });
    const recordFailure = new StepFunction(this, 'RecordFailure', {
      source: 'record-failure',
      memoryMb: 512,
      environment: {
        TRACES_BUCKET: traces.bucketName,
        COLLECTIONS_BUCKET: collections.bucketName,
        REQUESTS_FROM_UPLOADS: requestsFromUploads,
        CHOOSE_MEMORY_MB: String(props.chooseMemory ?? CHOOSE_MEMORY_MB.least),
      },
      encryptionKey,
      deadLetters: this.unrecordedEnds,
    });
    recordFailures(recordFailure, { traces, tracesPrefix, collections });
    if (encryptionKey) useQueueKey(recordFailure, encryptionKey);
    const shared = { collections, endpoints, ceilings, reservedConcurrency, encryptionKey };
    const steps: Record<Step, IFunction> = {
      ...dataSteps(this, { ...props, ...shared }),
      ...workflowSteps(this, shared),
      ...trainingSteps(this, shared),
      RecordFailure: recordFailure,
    };
    const definition = pipelineDefinition({
      partition: Aws.PARTITION,
      collections: collections.bucketName,
      functionArn: (step) => steps[step].functionArn,
    });
    this.stateMachine = new StateMachine(this, 'StateMachine', {
      comment: definition.Comment,
      definitionBody: DefinitionBody.fromString(Stack.of(this).toJsonString(definition)),
      tracingEnabled: true,
      // Every state's name and time, and none of the data: inputs and causes may hold what nobody should read in a log.
      logs: { destination: this.executionLog(encryptionKey), level: LogLevel.ALL, includeExecutionData: false },
    });
    acknowledge(this.stateMachine, 'AwsSolutions-IAM5[Resource::*]', ACCOUNT_WIDE);
    this.functions = Object.values(steps);
    for (const step of this.functions) step.grantInvokeLatestVersion(this.stateMachine);
    this.grantMap(collections);
    const { stateMachine, unrecordedEnds: deadLetters } = this;
    new EndRule(this, 'EndRule', { stateMachine, recordFailure, deadLetters });
  }

  /** What the Distributed Maps do in the state machine's name: read their items, run children, write what they say. */
  private grantMap(collections: IBucket): void {
    const { role, stateMachineArn, stateMachineName } = this.stateMachine;
    const children = MAPS.map((label) =>
      Stack.of(this).formatArn({
        service: 'states',
        resource: 'execution',
        resourceName: `${stateMachineName}/${label}:*`,
        arnFormat: ArnFormat.COLON_RESOURCE_NAME,
      }),
    );
    // A policy of its own: the role's default one is made before the state machine and so cannot name it.
    const policy = new Policy(this, 'MapPolicy', { roles: [role] });
    grant(policy, ['states:StartExecution'], [stateMachineArn]);
    grant(policy, ['states:DescribeExecution', 'states:StopExecution'], children, {
      wildcards: 'Step Functions names the child executions of a map itself; the state machine and the map are named.',
    });
    const read = ['plan.json', 'batches.json', 'grouping-tasks.json'].map((file) => `runs/*/${file}`);
    grantObjects(policy, collections, { actions: ['s3:GetObject'], keys: read });
    const results = ['s3:PutObject', 's3:GetObject', 's3:ListMultipartUploadParts', 's3:AbortMultipartUpload'];
    grantObjects(policy, collections, { actions: results, keys: ['maps/*'] });
    grantObjects(policy, collections, { actions: ['s3:PutObject', 's3:GetObject'], keys: ['runs/*/failures/*'] });
    useKey(policy, collections, ['kms:Decrypt', 'kms:GenerateDataKey']);
  }

  private executionLog(encryptionKey: IKey | undefined): LogGroup {
    const name = Names.uniqueResourceName(this, { maxLength: 80, separator: '-' });
    // The stack's own number: the log is kept when the stack goes, and another stack of this name needs one of its own.
    const ofStack = Fn.select(2, Fn.split('/', Aws.STACK_ID));
    return new LogGroup(this, 'ExecutionLog', {
      // Under this prefix the log's resource policy does not outgrow its limit as state machines are added.
      logGroupName: `/aws/vendedlogs/states/${name}-${ofStack}`,
      retention: RetentionDays.THREE_MONTHS,
      removalPolicy: RemovalPolicy.RETAIN,
      ...(encryptionKey ? { encryptionKey } : {}),
    });
  }
}

const ACCOUNT_WIDE =
  "Step Functions' delivery of logs and X-Ray's traces are of the account; they have no resource to name.";

/** In a policy these stand for any text, and what begins with the prefix would no longer be all that may be read. */
function refuseWildcards(tracesPrefix: string): void {
  if (!/[*?$]/.test(tracesPrefix)) return;
  throw new Error(
    `tracesPrefix is "${tracesPrefix}": it may have no *, ? or $, which stand for other text in a policy.`,
  );
}

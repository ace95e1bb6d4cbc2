import { Annotations, ArnFormat, Aws, Names, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { Policy } from 'aws-cdk-lib/aws-iam';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { DefinitionBody, LogLevel, StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { CHOOSE_MEMORY_MB } from '../functions/memory.ts';
import type { RequestsFromUploads } from '../lib/contract/start.ts';
import type { Step } from '../lib/contract/steps.ts';
import { acknowledge } from './acknowledge.ts';
import { dataSteps } from './data-steps.ts';
import { DeadLetters } from './dead-letters.ts';
import { EndRule } from './end-rule.ts';
import { grant, recordFailures, useKey } from './grants.ts';
import { MAPS, pipelineDefinition } from './state-machine.ts';
import { StepFunction } from './step-function.ts';
import { serviceName } from './step-settings.ts';
import { trainingSteps } from './training-steps.ts';
import { workflowSteps } from './workflow-steps.ts';

export interface DpoPipelineProps {
  /** Where traces are read. */
  readonly traces: IBucket;
  /** Datasets of live workflows are read only where keys begin so. */
  readonly tracesPrefix: string;
  /** What an uploaded `run.json` may set. */
  readonly requestsFromUploads: RequestsFromUploads;
  /** Where runs are written, under `runs/`. Not the traces bucket. */
  readonly collections: IBucket;
  /** Origins (`http://10.0.0.7:8000`) that may be reached though not https, or not public; only they get secrets. */
  readonly allowedEndpoints: readonly string[];
  /** The secrets that requests may name; no other can be read. */
  readonly secrets: readonly ISecret[];
  /** Shards built at once over all runs: set aside of the account's concurrency for them, and the most they take. */
  readonly reservedConcurrency?: number | undefined;
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
    const { traces, collections, allowedEndpoints, secrets, requestsFromUploads } = props;
    this.unrecordedEnds = new DeadLetters(this, 'UnrecordedEnds');
    const recordFailure = new StepFunction(this, 'RecordFailure', {
      source: 'record-failure',
      memoryMb: 512,
      environment: {
        TRACES_BUCKET: traces.bucketName,
        COLLECTIONS_BUCKET: collections.bucketName,
        REQUESTS_FROM_UPLOADS: requestsFromUploads,
        CHOOSE_MEMORY_MB: String(props.chooseMemory ?? CHOOSE_MEMORY_MB.least),
      },
      deadLetters: this.unrecordedEnds,
    });
    recordFailures(recordFailure, traces, collections);
    const steps: Record<Step, IFunction> = {
      ...dataSteps(this, props),
      ...workflowSteps(this, { collections, allowedEndpoints, secrets }),
      ...trainingSteps(this, { collections, allowedEndpoints, secrets }),
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
      logs: { destination: this.executionLog(), level: LogLevel.ALL, includeExecutionData: false },
    });
    acknowledge(this.stateMachine, 'AwsSolutions-IAM5[Resource::*]', ACCOUNT_WIDE);
    this.functions = Object.values(steps);
    for (const step of this.functions) step.grantInvokeLatestVersion(this.stateMachine);
    this.grantMap(collections);
    const { stateMachine, unrecordedEnds: deadLetters } = this;
    new EndRule(this, 'EndRule', { stateMachine, recordFailure, deadLetters });
    if (secrets.length > 0 && allowedEndpoints.length === 0) {
      Annotations.of(this).addWarningV2('dpo-trajectories:secretsGoNowhere', SECRETS_GO_NOWHERE);
    }
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
    const read = ['plan.json', 'batches.json', 'grouping-tasks.json'].map((file) =>
      collections.arnForObjects(`runs/*/${file}`),
    );
    grant(policy, ['s3:GetObject'], read);
    const results = ['s3:PutObject', 's3:GetObject', 's3:ListMultipartUploadParts', 's3:AbortMultipartUpload'];
    grant(policy, results, [collections.arnForObjects('maps/*')]);
    grant(policy, ['s3:PutObject', 's3:GetObject'], [collections.arnForObjects('runs/*/failures/*')]);
    useKey(policy, collections, ['kms:Decrypt', 'kms:GenerateDataKey']);
  }

  private executionLog(): LogGroup {
    return new LogGroup(this, 'ExecutionLog', {
      // Under this prefix the log's resource policy does not outgrow its limit as state machines are added.
      logGroupName: `/aws/vendedlogs/states/${Names.uniqueResourceName(this, { maxLength: 80, separator: '-' })}`,
      retention: RetentionDays.THREE_MONTHS,
      removalPolicy: RemovalPolicy.DESTROY,
    });
  }
}

const ACCOUNT_WIDE =
  "Step Functions' delivery of logs and X-Ray's traces are of the account; they have no resource to name.";

const SECRETS_GO_NOWHERE =
  'Secrets are given (secretArns) and no endpoint that may be sent them (allowedEndpoints is empty): a run that names one will fail as EndpointRefused. Give the origin of each workflow and trainer that needs a secret, public ones too: --context allowedEndpoints=https://agent.example.com';

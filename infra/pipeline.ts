import { readFileSync } from 'node:fs';
import { Annotations, ArnFormat, Names, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { Policy } from 'aws-cdk-lib/aws-iam';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { DefinitionBody, LogLevel, StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import type { RequestsFromUploads } from '../lib/contract/start.ts';
import { acknowledge } from './acknowledge.ts';
import { DeadLetters } from './dead-letters.ts';
import { EndRule } from './end-rule.ts';
import { grant, readPinned, readWrite, recordFailures, removePieces, tagExpiring, useKey } from './grants.ts';
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
  /** Memory of Finalize in MB: what a dataset's pairs are chosen in. */
  readonly finalizeMemory?: number | undefined;
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
    const { traces, collections, allowedEndpoints, secrets, reservedConcurrency, finalizeMemory = 3008 } = props;
    const { tracesPrefix: TRACES_PREFIX, requestsFromUploads: REQUESTS_FROM_UPLOADS } = props;
    const environment = { TRACES_BUCKET: traces.bucketName, COLLECTIONS_BUCKET: collections.bucketName };

    // 1,769 MB is one whole vCPU: parsing is single-threaded, so more would buy nothing, and less is less than a core.
    const evaluate = new StepFunction(this, 'Evaluate', {
      source: 'evaluate',
      memoryMb: 1769,
      environment: { ...environment, TRACES_PREFIX, REQUESTS_FROM_UPLOADS },
    });
    const buildShard = new StepFunction(this, 'BuildShard', {
      source: 'build-shard',
      memoryMb: 1769,
      environment,
      reservedConcurrency,
    });
    // The network grows with memory, too; new accounts stop at 3,008 MB.
    const finalize = new StepFunction(this, 'Finalize', { source: 'finalize', memoryMb: finalizeMemory, environment });
    for (const step of [evaluate, buildShard, finalize]) {
      readPinned(step, traces);
      readWrite(step, collections);
    }
    const exportStretch = new StepFunction(this, 'ExportStretch', {
      source: 'export-stretch',
      memoryMb: 1769,
      environment: { COLLECTIONS_BUCKET: collections.bucketName },
    });
    readWrite(exportStretch, collections);
    tagExpiring(buildShard, collections, ['shards']);
    tagExpiring(finalize, collections, ['shards', 'export']);
    tagExpiring(exportStretch, collections, ['export']);
    removePieces(finalize, collections);
    this.unrecordedEnds = new DeadLetters(this, 'UnrecordedEnds');
    const recordFailure = new StepFunction(this, 'RecordFailure', {
      source: 'record-failure',
      memoryMb: 512,
      environment: { ...environment, REQUESTS_FROM_UPLOADS },
      deadLetters: this.unrecordedEnds,
    });
    recordFailures(recordFailure, traces, collections);
    const workflow = workflowSteps(this, { collections, allowedEndpoints, secrets });
    const training = trainingSteps(this, { collections, allowedEndpoints, secrets });

    this.stateMachine = new StateMachine(this, 'StateMachine', {
      comment: 'Agent traces in, grouped DPO trajectories and metrics out.',
      definitionBody: DefinitionBody.fromString(definition()),
      definitionSubstitutions: {
        EvaluateFunction: evaluate.functionArn,
        RunWorkflowFunction: workflow.runWorkflow.functionArn,
        PlanTracesFunction: workflow.planTraces.functionArn,
        BuildShardFunction: buildShard.functionArn,
        FinalizeFunction: finalize.functionArn,
        ExportStretchFunction: exportStretch.functionArn,
        SubmitTrainingFunction: training.submitTraining.functionArn,
        CheckTrainingFunction: training.checkTraining.functionArn,
        DeployModelFunction: training.deployModel.functionArn,
        RecordFailureFunction: recordFailure.functionArn,
      },
      tracingEnabled: true,
      // Every state's name and time, and none of the data: inputs and causes may hold what nobody should read in a log.
      logs: { destination: this.executionLog(), level: LogLevel.ALL, includeExecutionData: false },
    });
    acknowledge(this.stateMachine, 'AwsSolutions-IAM5[Resource::*]', ACCOUNT_WIDE);
    this.functions = [
      evaluate,
      buildShard,
      finalize,
      exportStretch,
      ...Object.values(workflow),
      ...Object.values(training),
      recordFailure,
    ];
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
    const read = ['plan.json', 'batches.json', 'export/stretches.json'].map((file) =>
      collections.arnForObjects(`runs/*/${file}`),
    );
    grant(policy, ['s3:GetObject'], read);
    const results = ['s3:PutObject', 's3:GetObject', 's3:ListMultipartUploadParts', 's3:AbortMultipartUpload'];
    grant(policy, results, [collections.arnForObjects('runs/*/map/*')]);
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

/** The maps' Labels in the definition. */
const MAPS = ['RunWorkflow', 'BuildShards', 'ExportStretches'];

/** The definition that the local run reads too. */
const definition = (): string => readFileSync(new URL('./pipeline.asl.json', import.meta.url), 'utf8');

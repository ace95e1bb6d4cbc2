import { readFileSync } from 'node:fs';
import { ArnFormat, Names, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { Policy } from 'aws-cdk-lib/aws-iam';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import { DefinitionBody, LogLevel, StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { acknowledge } from './acknowledge.ts';
import { grant, readPinned, readWrite, recordFailures, removePieces, tagShards, useKey } from './grants.ts';
import { StepFunction } from './step-function.ts';
import { serviceName } from './step-settings.ts';
import { trainingSteps } from './training-steps.ts';
import { workflowSteps } from './workflow-steps.ts';

export interface DpoPipelineProps {
  /** Where traces are read. */
  readonly traces: IBucket;
  /** Where runs are written, under `runs/`. Not the traces bucket. */
  readonly collections: IBucket;
  /** Origins (`http://10.0.0.7:8000`) that may be reached though not https, or not public; only they get secrets. */
  readonly allowedEndpoints: readonly string[];
  /** The secrets that requests may name; no other can be read. */
  readonly secrets: readonly ISecret[];
  /** Shards built at once over all runs: set aside of the account's concurrency for them, and the most they take. */
  readonly reservedConcurrency?: number | undefined;
}

/** The state machine, its functions, and what each of them may do. */
export class DpoPipeline extends Construct {
  readonly stateMachine: StateMachine;
  /** Of the steps, by their construct's id. */
  readonly functions: readonly IFunction[];
  /** The dimension `service` of this pipeline's metrics, and the same in its logs. */
  readonly service: string;

  constructor(scope: Construct, id: string, props: DpoPipelineProps) {
    super(scope, id);
    this.service = serviceName(this);
    const { traces, collections, allowedEndpoints, secrets, reservedConcurrency } = props;
    const environment = { TRACES_BUCKET: traces.bucketName, COLLECTIONS_BUCKET: collections.bucketName };

    // 1,769 MB is one whole vCPU: parsing is single-threaded, so more would buy nothing, and less is less than a core.
    const evaluate = new StepFunction(this, 'Evaluate', { source: 'evaluate', memoryMb: 1769, environment });
    const buildShard = new StepFunction(this, 'BuildShard', {
      source: 'build-shard',
      memoryMb: 1769,
      environment,
      reservedConcurrency,
    });
    // Memory does not grow with the input, but the network does with memory; new accounts stop at 3,008 MB.
    const finalize = new StepFunction(this, 'Finalize', { source: 'finalize', memoryMb: 3008, environment });
    for (const step of [evaluate, buildShard, finalize]) {
      readPinned(step, traces);
      readWrite(step, collections);
    }
    for (const step of [buildShard, finalize]) tagShards(step, collections);
    removePieces(finalize, collections);
    const recordFailure = new StepFunction(this, 'RecordFailure', {
      source: 'record-failure',
      memoryMb: 512,
      environment,
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
      ...Object.values(workflow),
      ...Object.values(training),
      recordFailure,
    ];
    for (const step of this.functions) step.grantInvokeLatestVersion(this.stateMachine);
    this.grantMap(collections);
  }

  /** What the Distributed Maps do in the state machine's name: read the plan, run children, write what they say. */
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
    const read = ['plan.json', 'batches.json'].map((file) => collections.arnForObjects(`runs/*/${file}`));
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

/** The maps' Labels in the definition. */
const MAPS = ['RunWorkflow', 'BuildShards'];

/** The definition that the local run reads too. */
const definition = (): string => readFileSync(new URL('./pipeline.asl.json', import.meta.url), 'utf8');

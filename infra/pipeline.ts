import { readFileSync } from 'node:fs';
import { ArnFormat, Names, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { Policy } from 'aws-cdk-lib/aws-iam';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import { DefinitionBody, LogLevel, StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { allow, readPinned, readWrite, removePieces } from './grants.ts';
import { StepFunction } from './step-function.ts';
import { trainingSteps } from './training-steps.ts';
import { workflowSteps } from './workflow-steps.ts';

export interface DpoPipelineProps {
  /** Where traces are read. */
  readonly traces: IBucket;
  /** Where runs are written, under `runs/`. Not the traces bucket. */
  readonly collections: IBucket;
  /** Origins (`http://10.0.0.7:8000`) that the functions may reach though they are not https, or not public. */
  readonly allowedEndpoints: readonly string[];
  /** ARNs of the secrets that requests may name; no other can be read. */
  readonly secretArns: readonly string[];
}

/** The state machine, its functions, and what each of them may do. */
export class DpoPipeline extends Construct {
  readonly stateMachine: StateMachine;

  constructor(scope: Construct, id: string, props: DpoPipelineProps) {
    super(scope, id);
    const { traces, collections, allowedEndpoints, secretArns } = props;
    const environment = { TRACES_BUCKET: traces.bucketName, COLLECTIONS_BUCKET: collections.bucketName };

    // 1,769 MB is one whole vCPU: parsing is single-threaded, so more would buy nothing, and less is less than a core.
    const evaluate = new StepFunction(this, 'Evaluate', { source: 'evaluate', memoryMb: 1769, environment });
    const buildShard = new StepFunction(this, 'BuildShard', { source: 'build-shard', memoryMb: 1769, environment });
    // Memory does not grow with the input, but the network does with memory; new accounts stop at 3,008 MB.
    const finalize = new StepFunction(this, 'Finalize', { source: 'finalize', memoryMb: 3008, environment });
    for (const step of [evaluate, buildShard, finalize]) {
      readPinned(step, traces);
      readWrite(step, collections);
    }
    removePieces(finalize, collections);
    const workflow = workflowSteps(this, { collections, allowedEndpoints, secretArns });
    const training = trainingSteps(this, { collections, allowedEndpoints, secretArns });

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
      },
      tracingEnabled: true,
      logs: { destination: this.executionLog(), level: LogLevel.ERROR, includeExecutionData: false },
    });
    for (const step of [evaluate, buildShard, finalize, ...Object.values(workflow), ...Object.values(training)]) {
      step.grantInvokeLatestVersion(this.stateMachine);
    }
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
    new Policy(this, 'MapPolicy', {
      roles: [role],
      statements: [
        allow(['states:StartExecution'], [stateMachineArn]),
        allow(['states:DescribeExecution', 'states:StopExecution', 'states:RedriveExecution'], children),
        allow(
          ['s3:GetObject'],
          ['plan.json', 'batches.json'].map((file) => collections.arnForObjects(`runs/*/${file}`)),
        ),
        allow(
          ['s3:PutObject', 's3:GetObject', 's3:ListMultipartUploadParts', 's3:AbortMultipartUpload'],
          [collections.arnForObjects('runs/*/map/*')],
        ),
        allow(['s3:PutObject', 's3:GetObject'], [collections.arnForObjects('runs/*/failures/*')]),
      ],
    });
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

/** The maps' Labels in the definition. */
const MAPS = ['RunWorkflow', 'BuildShards'];

/** The definition that the local run reads too. */
const definition = (): string => readFileSync(new URL('./pipeline.asl.json', import.meta.url), 'utf8');

import { ArnFormat, Aws, Fn, Names, Stack } from 'aws-cdk-lib';
import type { Metric, MetricOptions } from 'aws-cdk-lib/aws-cloudwatch';
import { Connections, type IConnectable } from 'aws-cdk-lib/aws-ec2';
import { type Grant, type IGrantable, Policy } from 'aws-cdk-lib/aws-iam';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { DefinitionBody, LogLevel, StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import type { CountName } from '../functions/observability/metric-names.ts';
import type { SetCeilings } from '../lib/contract/ceilings.ts';
import type { RequestsFromUploads } from '../lib/contract/start.ts';
import { acknowledge } from './acknowledge.ts';
import { acknowledgeNist } from './acknowledge-nist.ts';
import type { AllowedEndpoint } from './allowed-endpoint.ts';
import { ceilingsOf } from './ceilings.ts';
import { checkProps } from './check-props.ts';
import { DeadLetters } from './dead-letters.ts';
import { recordEnds } from './end-rule.ts';
import { grant, grantObjects, readExecutions, useKey, useQueueKey } from './grants.ts';
import { letServicesUse } from './key-users.ts';
import { keepLog, type LogSettings } from './log-settings.ts';
import { metricsOf } from './metrics.ts';
import { type Network, type NetworkProps, networkOf } from './network.ts';
import { type PipelineOutputs, pipelineOutputs } from './pipeline-outputs.ts';
import { MAPS, pipelineDefinition } from './state-machine.ts';
import { MAP_RESULTS } from './states.ts';
import { serviceName } from './step-settings.ts';
import { pipelineSteps } from './steps.ts';
import { TRACES_PREFIX } from './upload-trigger.ts';

export interface DpoPipelineProps extends NetworkProps, LogSettings {
  /** Where traces are read. Versioned, so that an overwrite cannot change a run that reads them; see `TracesBucket`. */
  readonly traces: IBucket;
  /** Traces and datasets of live workflows are read only where keys begin so; the same as of `UploadTrigger`. `traces/`. */
  readonly tracesPrefix?: string;
  /**
   * What a `run.json` that is uploaded may set. `restricted`, the default: builder, dataset and limits, for the traces of
   * its own folder. `all`: a whole request. Then everyone who may upload has the pipeline's rights: to read any trace and
   * any run, to send a dataset to any of `allowedEndpoints` with its secrets, to start training, and to take any run id
   * that is free.
   */
  readonly requestsFromUploads?: RequestsFromUploads;
  /** Where runs are written, under `runs/`. Not the traces bucket: an output could start a run. See `CollectionsBucket`. */
  readonly collections: IBucket;
  /**
   * The only places that runs may have something sent to, for one purpose each, and the secrets that may go there. None:
   * then no live workflow is asked, and nothing is trained but by an event.
   */
  readonly allowedEndpoints?: readonly AllowedEndpoint[];
  /** What one run may cost at most: a request beyond it is refused by the ceiling's name. docs/operations.md has the defaults. */
  readonly ceilings?: SetCeilings;
  /**
   * Of each of the four functions that maps call (GroupCandidates, BuildShard, WriteDatasets, RunWorkflow), over all runs:
   * set aside of the account's concurrency, and the most that it takes. Else they share what the account has.
   */
  readonly reservedConcurrency?: number;
  /**
   * Encrypts logs and queues. The policy of a key that another stack made must let CloudWatch and EventBridge use it:
   * docs/operations.md, `encryptionKey`.
   */
  readonly encryptionKey?: LogSettings['encryptionKey'];
  /**
   * Memory of Choose in MB, 3,008 to 10,240: what a dataset's pairs are chosen in, some hundred bytes each. Else 3,008, at
   * which new accounts stop.
   */
  readonly chooseMemory?: number;
  /** One that CloudFormation makes up, if left out. */
  readonly stateMachineName?: string;
}

/**
 * The state machine, its functions and what each of them may do. Start it with a request as its input:
 * `stateMachine.stateMachineArn` says where; or by `dpo start --stack`, which finds it by the outputs that come with it.
 * Tags and permissions boundaries come as the CDK has them: `Tags.of(pipeline)`, `PermissionsBoundary.of(pipeline)`.
 */
export class DpoPipeline extends Construct implements IConnectable {
  readonly stateMachine: StateMachine;
  /** Of the steps, by their construct's id. */
  readonly functions: readonly IFunction[];
  /** Ends of executions that were to be recorded and could not be. */
  readonly unrecordedEnds: Queue;
  /** The dimension `service` of this pipeline's metrics, and the same in its logs. */
  readonly service: string;
  /** By which the command line finds the pipeline in its stack. */
  readonly outputs: PipelineOutputs;
  private readonly collections: IBucket;
  private readonly network: Network | undefined;

  constructor(scope: Construct, id: string, props: DpoPipelineProps) {
    super(scope, id);
    this.service = serviceName(this);
    checkProps(this, props);
    const { traces, tracesPrefix = TRACES_PREFIX, requestsFromUploads = 'restricted', collections } = props;
    const { encryptionKey, allowedEndpoints: endpoints = [] } = props;
    this.collections = collections;
    this.network = networkOf(this, props);
    acknowledgeNist(this, { encrypted: encryptionKey !== undefined });
    if (encryptionKey) letServicesUse(encryptionKey, this);
    this.unrecordedEnds = new DeadLetters(this, 'UnrecordedEnds', { encryptionKey });
    const { chooseMemory, reservedConcurrency } = props;
    const steps = pipelineSteps(this, {
      ...{ traces, tracesPrefix, requestsFromUploads, collections, endpoints },
      ...{ ceilings: ceilingsOf(props), chooseMemory, reservedConcurrency },
      ...{ logs: props, network: this.network, unrecordedEnds: this.unrecordedEnds },
    });
    if (encryptionKey) useQueueKey(steps.RecordFailure, encryptionKey);
    const definition = pipelineDefinition({
      partition: Aws.PARTITION,
      collections: collections.bucketName,
      functionArn: (step) => steps[step].functionArn,
    });
    this.stateMachine = new StateMachine(this, 'StateMachine', {
      ...(props.stateMachineName === undefined ? {} : { stateMachineName: props.stateMachineName }),
      comment: definition.Comment,
      definitionBody: DefinitionBody.fromString(Stack.of(this).toJsonString(definition)),
      tracingEnabled: true,
      // Every state's name and time, and none of the data: inputs and causes may hold what nobody should read in a log.
      logs: { destination: this.executionLog(props), level: LogLevel.ALL, includeExecutionData: false },
    });
    acknowledge(this.stateMachine, 'AwsSolutions-IAM5[Resource::*]', ACCOUNT_WIDE);
    this.functions = Object.values(steps);
    for (const step of this.functions) step.grantInvokeLatestVersion(this.stateMachine);
    this.grantMap(collections);
    recordEnds(this, steps.RecordFailure);
    this.outputs = pipelineOutputs(this, { traces, tracesPrefix, collections, stateMachine: this.stateMachine });
  }

  /** The security groups of the functions. Throws where they run in no VPC. */
  get connections(): Connections {
    if (!this.network)
      throw new Error(`${this.node.path} does not run in a VPC, so it has no connections. Give it a vpc.`);
    return new Connections({ securityGroups: this.network.securityGroups });
  }

  /** Lets somebody start runs: `dpo start` and `dpo redrive`, with {@link grantRead}. */
  grantStart(grantee: IGrantable): Grant {
    return this.stateMachine.grantStartExecution(grantee);
  }

  /** Lets somebody follow runs and read what they wrote: `dpo status`, `dpo list`, `dpo logs`. */
  grantRead(grantee: IGrantable): Grant {
    return this.collections.grantRead(grantee, 'runs/*').combine(readExecutions(grantee, this.stateMachine));
  }

  /** Runs that were started. */
  metricStarted(options?: MetricOptions): Metric {
    return this.stateMachine.metricStarted(options);
  }

  /** Runs that were committed. */
  metricSucceeded(options?: MetricOptions): Metric {
    return this.stateMachine.metricSucceeded(options);
  }

  /** Runs that failed. */
  metricFailed(options?: MetricOptions): Metric {
    return this.stateMachine.metricFailed(options);
  }

  /** Runs that did not end in their time. */
  metricTimedOut(options?: MetricOptions): Metric {
    return this.stateMachine.metricTimedOut(options);
  }

  /** Runs that were stopped. */
  metricAborted(options?: MetricOptions): Metric {
    return this.stateMachine.metricAborted(options);
  }

  /** Milliseconds from a run's start to its end. */
  metricTime(options?: MetricOptions): Metric {
    return this.stateMachine.metricTime(options);
  }

  /** What runs count: `Pairs`, `Candidates`, `RejectedItems`, … */
  metricCount(name: CountName, options: MetricOptions = {}): Metric {
    return metricsOf(this.service).count(name).with(options);
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
    grantObjects(policy, collections, { actions: results, keys: [`${MAP_RESULTS}*`] });
    grantObjects(policy, collections, { actions: ['s3:PutObject', 's3:GetObject'], keys: ['runs/*/failures/*'] });
    useKey(policy, collections, ['kms:Decrypt', 'kms:GenerateDataKey']);
  }

  private executionLog(logs: LogSettings): LogGroup {
    const name = Names.uniqueResourceName(this, { maxLength: 80, separator: '-' });
    // The stack's own number: the log is kept when the stack goes, and another stack of this name needs one of its own.
    const ofStack = Fn.select(2, Fn.split('/', Aws.STACK_ID));
    return new LogGroup(this, 'ExecutionLog', {
      // Under this prefix the log's resource policy does not outgrow its limit as state machines are added.
      logGroupName: `/aws/vendedlogs/states/${name}-${ofStack}`,
      ...keepLog(logs),
    });
  }
}

const ACCOUNT_WIDE =
  "Step Functions' delivery of logs and X-Ray's traces belong to the account; they have no resource to name.";

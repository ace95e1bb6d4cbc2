import { CfnOutput, RemovalPolicy, Stack, type StackProps } from 'aws-cdk-lib';
import { type IKey, Key } from 'aws-cdk-lib/aws-kms';
import { Bucket, type IBucket } from 'aws-cdk-lib/aws-s3';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Topic } from 'aws-cdk-lib/aws-sns';
import type { Construct } from 'constructs';
import type { AllowedEndpoint } from './allowed-endpoint.ts';
import { CollectionsBucket, TracesBucket } from './buckets.ts';
import { contextOf, type PipelineContext } from './context.ts';
import { serviceStatements } from './key-users.ts';
import { PipelineMonitoring } from './monitoring.ts';
import { DpoPipeline } from './pipeline.ts';
import { UploadTrigger } from './upload-trigger.ts';

/** The whole pipeline with its two buckets, and what a user needs to know of it as outputs. */
export class PipelineStack extends Stack {
  constructor(scope: Construct, id: string, props?: StackProps) {
    super(scope, id, props);
    const context = contextOf(this.node);
    const { tracesBucketName, tracesPrefix, ceilings, reservedConcurrency, chooseMemory } = context;
    const { requestsFromUploads, uploads } = context;
    const encryptionKey = this.encryptionKey(context);
    const { traces, collections } = this.buckets(context, encryptionKey);

    const pipeline = new DpoPipeline(this, 'Pipeline', {
      ...{ traces, tracesPrefix, requestsFromUploads, collections },
      ...{ ceilings, reservedConcurrency, chooseMemory, encryptionKey },
      allowedEndpoints: this.endpoints(context),
    });
    const { stateMachine, service } = pipeline;
    const trigger = new UploadTrigger(this, 'Uploads', {
      ...{ traces, tracesPrefix, uploads, stateMachine, encryptionKey, service },
    });
    // No upload starts a run before the state machine may do all that a run needs.
    trigger.node.addDependency(pipeline);
    const { alarmTopicArn } = context;
    const { dashboard } = new PipelineMonitoring(this, 'Monitoring', {
      ...{ pipeline, deadLetters: trigger.deadLetters },
      alarmTopic: alarmTopicArn ? Topic.fromTopicArn(this, 'AlarmTopic', alarmTopicArn) : undefined,
    });

    const { stateMachineArn } = pipeline.stateMachine;
    // By their bare names, as the stack has always had them.
    for (const [name, output] of Object.entries(pipeline.outputs)) output.overrideLogicalId(name);
    this.tell('UploadDeadLetters', trigger.deadLetters.queueUrl, 'Uploads for which no run could be started.');
    this.tell('UnrecordedEnds', pipeline.unrecordedEnds.queueUrl, 'Ends of executions that could not be recorded.');
    this.tell('Dashboard', dashboard.dashboardName, 'The dashboard in CloudWatch.');
    this.tell(
      'StartExecution',
      `aws stepfunctions start-execution --state-machine-arn ${stateMachineArn} --name my-run --input '{"source":{"traces":{"bucket":"${traces.bucketName}","prefix":"${tracesPrefix}"}}}'`,
      'Starts a run called my-run over all traces.',
    );
    if (tracesBucketName) {
      this.tell(
        'TurnOnEventBridge',
        `aws s3api put-bucket-notification-configuration --bucket ${tracesBucketName} --notification-configuration '{"EventBridgeConfiguration":{}}'`,
        'Run it once, unless EventBridge is already on: this stack does not own the bucket, and uploads start runs only if the bucket sends its events to EventBridge. The command replaces the whole notification configuration of the bucket; if the bucket has one, add to it instead.',
      );
    }
  }

  private buckets({ tracesBucketName, collectionsBucketName }: PipelineContext, encryptionKey: IKey | undefined) {
    // Of a bucket that exists, a key of this stack's own is none.
    const existing = encryptionKey instanceof Key ? undefined : encryptionKey;
    const given = (bucketId: string, bucketName: string): IBucket =>
      Bucket.fromBucketAttributes(this, bucketId, { bucketName, encryptionKey: existing });
    return {
      traces: tracesBucketName
        ? given('Traces', tracesBucketName)
        : new TracesBucket(this, 'Traces', { encryptionKey }),
      collections: collectionsBucketName
        ? given('Collections', collectionsBucketName)
        : new CollectionsBucket(this, 'Collections', { encryptionKey }),
    };
  }

  private encryptionKey({ encryptionKey: asked, ...context }: PipelineContext): IKey | undefined {
    if (asked === undefined) return undefined;
    if (asked !== 'create') {
      const policy = serviceStatements(this).map((statement) => statement.toStatementJson());
      this.tell(
        'KeyPolicy',
        this.toJsonString(policy),
        'Statements that the policy of the key must have: CloudWatch encrypts logs with the key, EventBridge queued events.',
      );
      return Key.fromKeyArn(this, 'Key', asked);
    }
    if (context.tracesBucketName && context.collectionsBucketName) {
      throw new Error(
        'encryptionKey is "create", and both buckets exist: a new key would encrypt neither. Give the ARN of their key.',
      );
    }
    // Without the key nobody could read the buckets again: it is kept as they are.
    return new Key(this, 'Key', {
      description: 'Traces and preference data.',
      enableKeyRotation: true,
      removalPolicy: RemovalPolicy.RETAIN,
    });
  }

  private endpoints({ allowedEndpoints, secretsKeyArn }: PipelineContext): AllowedEndpoint[] {
    const encryptionKey = secretsKeyArn ? Key.fromKeyArn(this, 'SecretsKey', secretsKeyArn) : undefined;
    return allowedEndpoints.map(({ secretArns, ...endpoint }, at) => ({
      ...endpoint,
      secrets: secretArns.map((secretCompleteArn, index) =>
        Secret.fromSecretAttributes(this, `Secret${at}-${index}`, { secretCompleteArn, encryptionKey }),
      ),
    }));
  }

  private tell(name: string, value: string, description: string): void {
    new CfnOutput(this, name, { value, description });
  }
}

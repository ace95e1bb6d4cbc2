import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib';
import { Bucket, type IBucket } from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import { z } from 'zod';
import { CollectionsBucket, TracesBucket } from './buckets.ts';
import { DpoPipeline } from './pipeline.ts';
import { UploadTrigger } from './upload-trigger.ts';

/** A list; from the command line, with commas between. */
const listed = <T extends z.ZodType>(entry: T) =>
  z.preprocess((value) => (typeof value === 'string' ? value.split(',').filter(Boolean) : value), z.array(entry));

/** What `cdk deploy --context name=value` may say. */
export const PipelineContext = z.strictObject({
  /** An existing bucket that traces are uploaded to, in the stack's region; its events must go to EventBridge. */
  tracesBucketName: z.string().min(3).optional(),
  /** An existing bucket that runs are written to; not the traces bucket. */
  collectionsBucketName: z.string().min(3).optional(),
  /** Uploads whose keys begin so start a run. */
  tracesPrefix: z.string().default('traces/'),
  /**
   * Origins that live workflows and trainers may have though they are not https, or not public. Of workflows, only these
   * are sent a secret.
   */
  allowedEndpoints: listed(z.url({ protocol: /^https?$/ })).default([]),
  /** ARNs of the Secrets Manager secrets that requests may name. */
  secretArns: listed(z.string().startsWith('arn:')).default([]),
});
export type PipelineContext = z.infer<typeof PipelineContext>;

/** The whole pipeline with its two buckets, and what a user needs to know of it as outputs. */
export class PipelineStack extends Stack {
  constructor(scope: Construct, id: string, props?: StackProps) {
    super(scope, id, props);
    const { tracesBucketName, collectionsBucketName, tracesPrefix, ...reach } = PipelineContext.parse({
      tracesBucketName: this.node.tryGetContext('tracesBucketName'),
      collectionsBucketName: this.node.tryGetContext('collectionsBucketName'),
      tracesPrefix: this.node.tryGetContext('tracesPrefix'),
      allowedEndpoints: this.node.tryGetContext('allowedEndpoints'),
      secretArns: this.node.tryGetContext('secretArns'),
    });
    if (tracesBucketName !== undefined && tracesBucketName === collectionsBucketName) {
      throw new Error(
        `tracesBucketName and collectionsBucketName are both "${tracesBucketName}": with one bucket a run's output could start a run. Name two.`,
      );
    }

    const traces: IBucket = tracesBucketName
      ? Bucket.fromBucketName(this, 'Traces', tracesBucketName)
      : new TracesBucket(this, 'Traces');
    const collections: IBucket = collectionsBucketName
      ? Bucket.fromBucketName(this, 'Collections', collectionsBucketName)
      : new CollectionsBucket(this, 'Collections');

    const pipeline = new DpoPipeline(this, 'Pipeline', { traces, collections, ...reach });
    const trigger = new UploadTrigger(this, 'Uploads', { traces, tracesPrefix, stateMachine: pipeline.stateMachine });
    // No upload starts a run before the state machine may do all that a run needs.
    trigger.node.addDependency(pipeline);

    const { stateMachineArn } = pipeline.stateMachine;
    this.tell('TracesBucket', traces.bucketName, 'Where traces are uploaded.');
    this.tell('CollectionsBucket', collections.bucketName, 'Where runs are written, under runs/<run_id>/.');
    this.tell('StateMachineArn', stateMachineArn, 'The state machine.');
    this.tell('UploadPrefix', `s3://${traces.bucketName}/${tracesPrefix}`, 'An upload here starts a run.');
    this.tell('UploadDeadLetters', trigger.deadLetters.queueUrl, 'Uploads for which no run could be started.');
    this.tell(
      'StartExecution',
      `aws stepfunctions start-execution --state-machine-arn ${stateMachineArn} --name my-run --input '{"source":{"traces":{"bucket":"${traces.bucketName}","prefix":"${tracesPrefix}"}}}'`,
      'Starts a run called my-run over all traces.',
    );
    if (tracesBucketName) {
      this.tell(
        'TurnOnEventBridge',
        `aws s3api put-bucket-notification-configuration --bucket ${tracesBucketName} --notification-configuration '{"EventBridgeConfiguration":{}}'`,
        'Once, unless it is on already: this bucket is not of this stack, and uploads start runs only when its events go to EventBridge. The command replaces all of the notification configuration that the bucket has; where it has one, add to that instead.',
      );
    }
  }

  private tell(name: string, value: string, description: string): void {
    new CfnOutput(this, name, { value, description });
  }
}

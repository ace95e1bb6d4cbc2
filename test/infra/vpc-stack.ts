import { type App, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { Vpc } from 'aws-cdk-lib/aws-ec2';
import { Key } from 'aws-cdk-lib/aws-kms';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Topic } from 'aws-cdk-lib/aws-sns';
import {
  CollectionsBucket,
  DpoPipeline,
  type DpoPipelineProps,
  PipelineMonitoring,
  TracesBucket,
  UploadTrigger,
} from '../../infra/index.ts';

/** A user's own stack, of the constructs: in a VPC, with every property that {@link PipelineStack} leaves alone. */
export const vpcStack =
  (props: Partial<DpoPipelineProps> = {}) =>
  (app: App): Stack => {
    const stack = new Stack(app, 'Stack');
    const vpc = Vpc.fromVpcAttributes(stack, 'Vpc', {
      vpcId: 'vpc-0123456789abcdef0',
      availabilityZones: ['eu-central-1a', 'eu-central-1b'],
      privateSubnetIds: ['subnet-0123456789abcdef0', 'subnet-0123456789abcdef1'],
    });
    const encryptionKey = new Key(stack, 'Key', { enableKeyRotation: true });
    const traces = new TracesBucket(stack, 'Traces', { encryptionKey });
    const collections = new CollectionsBucket(stack, 'Collections', { encryptionKey });
    const logs = { encryptionKey, logRetention: RetentionDays.ONE_YEAR, logRemovalPolicy: RemovalPolicy.DESTROY };
    const pipeline = new DpoPipeline(stack, 'Pipeline', {
      ...{ traces, collections, vpc, ...logs },
      ...{ stateMachineName: 'preferences', chooseMemory: 4096, reservedConcurrency: 20 },
      ...props,
    });
    const { stateMachine, service, connections } = pipeline;
    const { deadLetters } = new UploadTrigger(stack, 'Uploads', {
      ...{ traces, tracesPrefix: 'traces/', stateMachine, service, uploads: { quietMinutes: 5 } },
      ...{ vpc, securityGroups: connections.securityGroups, ...logs },
    });
    const alarmTopic = Topic.fromTopicArn(stack, 'Topic', 'arn:aws:sns:eu-central-1:123456789012:on-call');
    new PipelineMonitoring(stack, 'Monitoring', { pipeline, deadLetters, alarmTopic });
    return stack;
  };

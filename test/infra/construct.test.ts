import { App, CfnOutput, Duration, RemovalPolicy, Stack, Tags } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { Port, SecurityGroup, SubnetType, Vpc } from 'aws-cdk-lib/aws-ec2';
import { ManagedPolicy, PermissionsBoundary, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { choosePipeline } from '../../cli/aws/choose-pipeline.ts';
import {
  CollectionsBucket,
  DpoPipeline,
  type DpoPipelineProps,
  PipelineMonitoring,
  TracesBucket,
  UploadTrigger,
} from '../../infra/index.ts';
import { STEPS } from '../../lib/contract/steps.ts';

const newStack = (): Stack => new Stack(new App({ context: { 'aws:cdk:bundling-stacks': [] } }), 'Own');

/** A pipeline in a stack of the user's own, with buckets of its own. */
function pipelineIn(stack: Stack, props: Partial<DpoPipelineProps> = {}, id = 'Pipeline'): DpoPipeline {
  const traces = props.traces ?? new TracesBucket(stack, `${id}Traces`);
  const collections = props.collections ?? new CollectionsBucket(stack, `${id}Collections`);
  return new DpoPipeline(stack, id, { ...props, traces, collections });
}

const Resources = z.record(
  z.string(),
  z.looseObject({ Type: z.string(), Properties: z.record(z.string(), z.unknown()).optional() }),
);
const resourcesOf = (stack: Stack) => Object.values(Resources.parse(Template.fromStack(stack).toJSON().Resources));

describe('a property that makes no sense fails the synth', () => {
  test.each<[string, (stack: Stack) => Partial<DpoPipelineProps>, string | RegExp]>([
    ['too little memory', () => ({ chooseMemory: 1024 }), 'chooseMemory is 1024: it must be a whole number of MB'],
    ['too much memory', () => ({ chooseMemory: 20_000 }), 'from 3008 to 10240'],
    ['part of a megabyte', () => ({ chooseMemory: 4000.5 }), 'chooseMemory is 4000.5'],
    ['no concurrency', () => ({ reservedConcurrency: 0 }), 'reservedConcurrency is 0'],
    ['a prefix with a star', () => ({ tracesPrefix: 'a*/' }), 'tracesPrefix is "a*/"'],
    ['a name with a space', () => ({ stateMachineName: 'my machine' }), 'stateMachineName is "my machine"'],
    [
      'an origin with a path',
      () => ({ allowedEndpoints: [{ origin: 'https://agent.example.com/v1', purpose: 'workflow' }] }),
      /allowedEndpoints\.0\.origin must be an origin/,
    ],
    [
      'subnets without a VPC',
      () => ({ vpcSubnets: { subnetType: SubnetType.PRIVATE_ISOLATED } }),
      'vpcSubnets is set without vpc',
    ],
    [
      'no security group',
      (stack) => ({ vpc: new Vpc(stack, 'Vpc', { natGateways: 0 }), securityGroups: [] }),
      'securityGroups is empty',
    ],
  ])('%s', (_, props, message) => {
    const stack = newStack();
    expect(() => pipelineIn(stack, props(stack))).toThrow(message);
  });

  test('a word that JavaScript lets through', () => {
    // What a caller without types may write.
    const props: object = { requestsFromUploads: 'everything' };
    expect(() => pipelineIn(newStack(), props)).toThrow('requestsFromUploads is "everything"');
  });

  test('uploads that start runs in a way that there is not, or in a network without a VPC', () => {
    const stack = newStack();
    const traces = new TracesBucket(stack, 'Traces');
    const { stateMachine } = pipelineIn(stack);
    const props = { traces, tracesPrefix: 'traces/', stateMachine };
    const uploads = { quietMinutes: 30 };
    expect(() => new UploadTrigger(stack, 'Long', { ...props, uploads })).toThrow('must be 1 to 15 minutes');
    const vpcSubnets = { subnetType: SubnetType.PRIVATE_ISOLATED };
    expect(() => new UploadTrigger(stack, 'Alone', { ...props, uploads: { quietMinutes: 5 }, vpcSubnets })).toThrow(
      'vpcSubnets is set without vpc',
    );
  });

  test('one bucket for both, made or imported', () => {
    const stack = newStack();
    const made = new TracesBucket(stack, 'One');
    expect(() => pipelineIn(stack, { traces: made, collections: made })).toThrow('Give two');
    const imported = (id: string) => Bucket.fromBucketName(stack, id, 'my-bucket');
    expect(() => pipelineIn(stack, { traces: imported('A'), collections: imported('B') }, 'Other')).toThrow(
      'traces and collections are both "my-bucket"',
    );
  });
});

describe('in a VPC', () => {
  const pipelineWith = (props: (stack: Stack, vpc: Vpc) => Partial<DpoPipelineProps>) => {
    const stack = newStack();
    const vpc = new Vpc(stack, 'Vpc');
    const pipeline = pipelineIn(stack, { vpc, ...props(stack, vpc) });
    return { stack, vpc, pipeline };
  };
  const networks = (stack: Stack) =>
    resourcesOf(stack).flatMap(({ Type, Properties = {} }) =>
      Type === 'AWS::Lambda::Function' ? [Properties.VpcConfig] : [],
    );

  test('every function runs in its private subnets and in one security group, which can be connected', () => {
    const { stack, vpc, pipeline } = pipelineWith(() => ({}));
    const workflow = new SecurityGroup(stack, 'Workflow', { vpc });
    pipeline.connections.allowTo(workflow, Port.tcp(8000));
    const group = pipeline.connections.securityGroups.map((one) => stack.resolve(one.securityGroupId));
    expect(group).toHaveLength(1);
    const SubnetIds = stack.resolve(vpc.privateSubnets.map(({ subnetId }) => subnetId));
    expect(networks(stack)).toEqual(STEPS.map(() => ({ SubnetIds, SecurityGroupIds: group })));
    Template.fromStack(stack).hasResourceProperties('AWS::EC2::SecurityGroupIngress', {
      ...{ FromPort: 8000, SourceSecurityGroupId: group[0], GroupId: stack.resolve(workflow.securityGroupId) },
    });
  });

  test('takes subnets and security groups that are given, and every role may make interfaces', () => {
    const { stack } = pipelineWith((own) => ({
      vpcSubnets: { subnetType: SubnetType.PRIVATE_WITH_EGRESS },
      securityGroups: [SecurityGroup.fromSecurityGroupId(own, 'Given', 'sg-0123456789abcdef0')],
    }));
    for (const network of networks(stack))
      expect(network).toMatchObject({ SecurityGroupIds: ['sg-0123456789abcdef0'] });
    const policies = resourcesOf(stack).filter(({ Type }) => Type === 'AWS::IAM::Policy');
    const connecting = policies.filter((one) => JSON.stringify(one).includes('ec2:CreateNetworkInterface'));
    expect(connecting).toHaveLength(STEPS.length);
  });

  test('without one there is nothing to connect, and the message says so', () => {
    expect(() => pipelineIn(newStack()).connections).toThrow('Own/Pipeline does not run in a VPC');
  });
});

describe('logs', () => {
  test('are kept as long as asked, and go with the stack where asked', () => {
    const stack = newStack();
    pipelineIn(stack, { logRetention: RetentionDays.ONE_WEEK, logRemovalPolicy: RemovalPolicy.DESTROY });
    const logs = resourcesOf(stack).filter(({ Type }) => Type === 'AWS::Logs::LogGroup');
    expect(logs).toHaveLength(STEPS.length + 1);
    for (const log of logs) {
      expect(log).toMatchObject({ DeletionPolicy: 'Delete', Properties: { RetentionInDays: 7 } });
    }
  });

  test('buckets that are made for a trial go with the stack, where asked', () => {
    const stack = newStack();
    new TracesBucket(stack, 'Traces', { bucketName: 'trial-traces', removalPolicy: RemovalPolicy.DESTROY });
    Template.fromStack(stack).hasResource('AWS::S3::Bucket', {
      ...{ DeletionPolicy: 'Delete', Properties: Match.objectLike({ BucketName: 'trial-traces' }) },
    });
  });
});

test('grantStart allows to start runs, grantRead to follow and read them, and neither allows more', () => {
  const stack = newStack();
  const pipeline = pipelineIn(stack, { stateMachineName: 'preferences' });
  const roleFor = (id: string) => new Role(stack, id, { assumedBy: new ServicePrincipal('ec2.amazonaws.com') });
  const [starter, reader] = [roleFor('Starter'), roleFor('Reader')];
  pipeline.grantStart(starter).assertSuccess();
  pipeline.grantRead(reader).assertSuccess();
  const actionsOf = (role: Role) =>
    resourcesOf(stack).flatMap(({ Type, Properties }) => {
      const policy = Type === 'AWS::IAM::Policy' ? Policy.parse(Properties) : undefined;
      const isOfRole = JSON.stringify(policy?.Roles) === JSON.stringify([stack.resolve(role.roleName)]);
      return isOfRole ? (policy?.PolicyDocument.Statement ?? []).flatMap(({ Action }) => Action) : [];
    });
  expect(actionsOf(starter)).toEqual(['states:StartExecution']);
  expect(actionsOf(reader)).toEqual([
    ...['s3:GetObject*', 's3:GetBucket*', 's3:List*'],
    ...['states:ListExecutions', 'states:DescribeExecution', 'states:GetExecutionHistory', 'states:ListMapRuns'],
    ...['states:DescribeMapRun', 'cloudformation:DescribeStacks'],
  ]);
  Template.fromStack(stack).hasResourceProperties('AWS::StepFunctions::StateMachine', {
    StateMachineName: 'preferences',
  });
});

const Policy = z.object({
  Roles: z.array(z.unknown()),
  PolicyDocument: z.object({ Statement: z.array(z.object({ Action: z.union([z.string(), z.array(z.string())]) })) }),
});

test('metrics are of its state machine and of its own service', () => {
  const stack = newStack();
  const pipeline = pipelineIn(stack);
  const ofRuns = {
    ExecutionsStarted: pipeline.metricStarted(),
    ExecutionsSucceeded: pipeline.metricSucceeded(),
    ExecutionsFailed: pipeline.metricFailed(),
    ExecutionsTimedOut: pipeline.metricTimedOut(),
    ExecutionsAborted: pipeline.metricAborted(),
    ExecutionTime: pipeline.metricTime(),
  };
  for (const [metricName, metric] of Object.entries(ofRuns)) {
    expect(metric).toMatchObject({ namespace: 'AWS/States', metricName });
    expect(metric.dimensions).toEqual({ StateMachineArn: pipeline.stateMachine.stateMachineArn });
  }
  expect(pipeline.metricCount('Pairs', { period: Duration.hours(1) })).toMatchObject({
    ...{ namespace: 'DpoTrajectories', metricName: 'Pairs', dimensions: { service: pipeline.service } },
    ...{ statistic: 'Sum', period: Duration.hours(1) },
  });
});

test('tags and a permissions boundary that are put on it are on all that it makes', () => {
  const stack = newStack();
  const pipeline = pipelineIn(stack);
  const boundary = ManagedPolicy.fromManagedPolicyName(stack, 'Boundary', 'team-boundary');
  PermissionsBoundary.of(pipeline).apply(boundary);
  Tags.of(pipeline).add('team', 'alignment');
  const ofPipeline = resourcesOf(stack).filter(
    ({ Type }) => !/S3::|IAM::Policy|Lambda::Permission|QueuePolicy/.test(Type),
  );
  for (const { Type, Properties } of ofPipeline) {
    const untagged = Type === 'AWS::Events::Rule' ? {} : { Tags: [{ Key: 'team', Value: 'alignment' }] };
    expect(Properties, Type).toMatchObject({
      ...untagged,
      ...(Type === 'AWS::IAM::Role' ? { PermissionsBoundary: stack.resolve(boundary.managedPolicyArn) } : {}),
    });
  }
});

test('takes buckets and a key that exist', () => {
  const stack = newStack();
  const encryptionKey = Key.fromKeyArn(
    stack,
    'Key',
    'arn:aws:kms:eu-central-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab',
  );
  const bucket = (bucketName: string) => Bucket.fromBucketAttributes(stack, bucketName, { bucketName, encryptionKey });
  pipelineIn(stack, { traces: bucket('my-traces'), collections: bucket('my-runs'), encryptionKey });
  const resources = resourcesOf(stack);
  expect(resources.filter(({ Type }) => /S3::Bucket$|KMS::Key$/.test(Type))).toEqual([]);
  for (const { Type, Properties } of resources) {
    if (Type === 'AWS::Logs::LogGroup') expect(Properties?.KmsKeyId).toBe(encryptionKey.keyArn);
  }
});

describe('several pipelines in a stack', () => {
  const stack = newStack();
  for (const id of ['Math', 'Code']) {
    const traces = new TracesBucket(stack, `${id}Traces`);
    const pipeline = pipelineIn(stack, { traces }, id);
    const { stateMachine } = pipeline;
    const tracesPrefix = 'traces/';
    const { deadLetters } = new UploadTrigger(stack, `${id}Uploads`, { traces, tracesPrefix, stateMachine });
    new PipelineMonitoring(stack, `${id}Monitoring`, { pipeline, deadLetters });
  }
  // What a user says of the stack besides.
  new CfnOutput(stack, 'StateMachineArn', { value: 'of-the-user' });
  const Outputs = z.record(z.string(), z.object({ Value: z.unknown() }));
  const outputs = Object.entries(Outputs.parse(Template.fromStack(stack).toJSON().Outputs));
  const deployed = Object.fromEntries(outputs.map(([name, { Value }]) => [name, JSON.stringify(Value)]));

  test('each has its own machine, functions and service', () => {
    Template.fromStack(stack).resourceCountIs('AWS::StepFunctions::StateMachine', 2);
    Template.fromStack(stack).resourceCountIs('AWS::Lambda::Function', 2 * STEPS.length);
    const services = new Set(resourcesOf(stack).flatMap(({ Properties }) => serviceIn(Properties)));
    expect([...services]).toEqual([expect.stringMatching(/^Own-Math-/), expect.stringMatching(/^Own-Code-/)]);
  });

  test('the command line finds each by its name, in the outputs of the stack', () => {
    for (const [pipeline, other] of [
      ['Math', 'Code'],
      ['Code', 'Math'],
    ]) {
      const found = JSON.stringify(choosePipeline(deployed, { stack: 'Own', pipeline }));
      expect(found).toContain(`${pipeline}StateMachine`);
      expect(found).toContain(`${pipeline}Traces`);
      expect(found).toContain(`${pipeline}Collections`);
      expect(found).not.toContain(`${other}`);
    }
  });

  test('without a name, or with a wrong one, the command line says which there are', () => {
    const asked = (pipeline?: string) => () => choosePipeline(deployed, { stack: 'Own', pipeline });
    expect(asked()).toThrow('Stack Own has 2 pipelines: Math, Code. Name one with --pipeline.');
    expect(asked('Maths')).toThrow('Stack Own has no pipeline Maths. It has: Math, Code.');
  });
});

const serviceIn = (properties: unknown): readonly string[] => {
  const found = Variables.safeParse(properties);
  return found.success ? [found.data.Environment.Variables.POWERTOOLS_SERVICE_NAME] : [];
};
const Variables = z.object({
  Environment: z.object({ Variables: z.object({ POWERTOOLS_SERVICE_NAME: z.string() }) }),
});

test('a stack without a pipeline is told apart from one with a pipeline', () => {
  expect(() => choosePipeline({ StateMachineArn: 'arn' }, { stack: 'Other' })).toThrow(
    'Stack Other has no outputs TracesBucket, CollectionsBucket, StateMachineArn, UploadPrefix',
  );
});

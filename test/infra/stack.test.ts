import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { synthesize } from './synthesized.ts';

const stack = synthesize();

describe.each(['Traces', 'Collections'])('the bucket %s', (name) => {
  const bucket = stack.all('AWS::S3::Bucket').find((each) => each.name === name);

  test('is private, encrypted, versioned, and kept', () => {
    expect(bucket?.deletion).toBe('Retain');
    expect(bucket?.properties).toMatchObject({
      BucketEncryption: {
        ServerSideEncryptionConfiguration: [{ ServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } }],
      },
      PublicAccessBlockConfiguration: {
        BlockPublicAcls: true,
        BlockPublicPolicy: true,
        IgnorePublicAcls: true,
        RestrictPublicBuckets: true,
      },
      VersioningConfiguration: { Status: 'Enabled' },
    });
  });

  test('answers over TLS only', () => {
    const policy = stack.all('AWS::S3::BucketPolicy').find(({ properties }) => properties.Bucket === name);
    expect(policy?.properties.PolicyDocument).toMatchObject({
      Statement: [
        {
          Effect: 'Deny',
          Action: 's3:*',
          Principal: { AWS: '*' },
          Condition: { Bool: { 'aws:SecureTransport': 'false' } },
          Resource: [`${name}.Arn`, `${name}.Arn/*`],
        },
      ],
    });
  });

  test('drops the parts of unfinished uploads', () => {
    expect(bucket?.properties.LifecycleConfiguration).toMatchObject({
      Rules: expect.arrayContaining([
        expect.objectContaining({ AbortIncompleteMultipartUpload: { DaysAfterInitiation: 7 }, Status: 'Enabled' }),
      ]),
    });
  });
});

test('only the traces bucket sends events, and no custom resource is needed for it', () => {
  const sending = stack.all('AWS::S3::Bucket').filter(({ properties }) => properties.NotificationConfiguration);
  expect(sending).toMatchObject([
    {
      name: 'Traces',
      properties: { NotificationConfiguration: { EventBridgeConfiguration: { EventBridgeEnabled: true } } },
    },
  ]);
  expect(stack.all('AWS::Lambda::Function')).toHaveLength(8);
});

test('no object that a run has made expires while it is the current one', () => {
  const Lifecycle = z.object({ Rules: z.array(z.record(z.string(), z.unknown())) });
  for (const { properties } of stack.all('AWS::S3::Bucket')) {
    for (const rule of Lifecycle.parse(properties.LifecycleConfiguration).Rules) {
      expect(Object.keys(rule)).not.toContain('ExpirationInDays');
      expect(Object.keys(rule)).not.toContain('ExpirationDate');
    }
  }
});

test.each([
  ['PipelineEvaluate', 1769],
  ['PipelineBuildShard', 1769],
  ['PipelineFinalize', 3008],
])('the function %s runs on Node 24 on arm64 with %d MB for up to 15 minutes', (name, memory) => {
  const found = stack.all('AWS::Lambda::Function').find((each) => each.name === name);
  expect(found?.properties).toMatchObject({
    Runtime: 'nodejs24.x',
    Architectures: ['arm64'],
    MemorySize: memory,
    Timeout: 900,
    Handler: 'index.handler',
    LoggingConfig: { LogGroup: `${name}Log` },
    Environment: {
      Variables: {
        TRACES_BUCKET: 'Traces',
        COLLECTIONS_BUCKET: 'Collections',
        CODE_VERSION: expect.stringMatching(/^\d+\.\d+\.\d+/),
        NODE_OPTIONS: '--enable-source-maps',
      },
    },
  });
});

test.each([
  ['PipelineSubmitTraining', 1769],
  ['PipelineCheckTraining', 512],
  ['PipelineDeployModel', 512],
])('the function %s has %d MB, up to 15 minutes and no word of the traces', (name, memory) => {
  const found = stack.all('AWS::Lambda::Function').find((each) => each.name === name);
  expect(found?.properties).toMatchObject({
    MemorySize: memory,
    Timeout: 900,
    LoggingConfig: { LogGroup: `${name}Log` },
  });
  expect(found?.properties.Environment).toEqual({
    Variables: {
      COLLECTIONS_BUCKET: 'Collections',
      ALLOWED_ENDPOINTS: '',
      CODE_VERSION: expect.any(String),
      NODE_OPTIONS: '--enable-source-maps',
    },
  });
});

test.each([
  ['RunWorkflow', { ALLOWED_ENDPOINTS: '' }],
  ['PlanTraces', {}],
])('the function %s has a vCPU, up to 15 minutes and no word of the traces', (name, more) => {
  const found = stack.all('AWS::Lambda::Function').find((each) => each.name === `Pipeline${name}`);
  expect(found?.properties).toMatchObject({
    MemorySize: 1769,
    Timeout: 900,
    LoggingConfig: { LogGroup: `Pipeline${name}Log` },
  });
  expect(found?.properties.Environment).toEqual({
    Variables: {
      COLLECTIONS_BUCKET: 'Collections',
      CODE_VERSION: expect.any(String),
      NODE_OPTIONS: '--enable-source-maps',
      ...more,
    },
  });
});

test('every log is kept for three months and goes with the stack', () => {
  const logs = stack.all('AWS::Logs::LogGroup');
  expect(logs).toHaveLength(9);
  for (const log of logs) expect(log).toMatchObject({ deletion: 'Delete', properties: { RetentionInDays: 90 } });
});

test('each role may do what its part needs, and no more', () => {
  const step = (name: string) => [
    `logs:CreateLogStream logs:PutLogEvents on Pipeline${name}Log.Arn`,
    's3:ListBucket on Traces.Arn',
    's3:GetObject s3:GetObjectVersion on Traces.Arn/*',
    's3:ListBucket on Collections.Arn',
    's3:GetObject s3:PutObject s3:AbortMultipartUpload on Collections.Arn/runs/*',
  ];
  const workflow = (name: string) => step(name).filter((line) => !line.includes('Traces.Arn'));
  const training = (name: string) => [
    `logs:CreateLogStream logs:PutLogEvents on Pipeline${name}Log.Arn`,
    's3:ListBucket on Collections.Arn',
    `s3:GetObject on ${['request.json', 'manifest.json', 'collection.jsonl', 'datasets/*', 'training/*', 'training.jsonl'].map((key) => `Collections.Arn/runs/*/${key}`).join(' ')}`,
    `s3:PutObject on ${['training/*', 'training.jsonl', 'final_metrics.json'].map((key) => `Collections.Arn/runs/*/${key}`).join(' ')}`,
  ];
  const invoke = (name: string) => `lambda:InvokeFunction on Pipeline${name}.Arn:$LATEST Pipeline${name}.Arn`;
  expect(permissions(stack)).toEqual({
    PipelineEvaluateRole: step('Evaluate'),
    PipelineBuildShardRole: step('BuildShard'),
    PipelineFinalizeRole: [...step('Finalize'), 's3:DeleteObject on Collections.Arn/runs/*/*.jsonl.*'],
    PipelineRunWorkflowRole: workflow('RunWorkflow'),
    PipelinePlanTracesRole: workflow('PlanTraces'),
    PipelineSubmitTrainingRole: [
      ...training('SubmitTraining'),
      's3:DeleteObject on Collections.Arn/runs/*/training/attempts/*',
      'events:PutEvents on arn:Partition:events:Region:AccountId:event-bus/default',
    ],
    PipelineCheckTrainingRole: training('CheckTraining'),
    PipelineDeployModelRole: training('DeployModel'),
    PipelineStateMachineRole: [
      // Neither has resources to be named: logs are delivered, and traces sent, by the account.
      'logs:CreateLogDelivery logs:GetLogDelivery logs:UpdateLogDelivery logs:DeleteLogDelivery logs:ListLogDeliveries logs:PutResourcePolicy logs:DescribeResourcePolicies logs:DescribeLogGroups on *',
      'xray:PutTraceSegments xray:PutTelemetryRecords xray:GetSamplingRules xray:GetSamplingTargets on *',
      invoke('Evaluate'),
      invoke('BuildShard'),
      invoke('Finalize'),
      invoke('RunWorkflow'),
      invoke('PlanTraces'),
      invoke('SubmitTraining'),
      invoke('CheckTraining'),
      invoke('DeployModel'),
      'states:StartExecution on PipelineStateMachine',
      `states:DescribeExecution states:StopExecution states:RedriveExecution on ${['RunWorkflow', 'BuildShards'].map((label) => `arn:Partition:states:Region:AccountId:execution:PipelineStateMachine.Name/${label}:*`).join(' ')}`,
      's3:GetObject on Collections.Arn/runs/*/plan.json Collections.Arn/runs/*/batches.json',
      's3:PutObject s3:GetObject s3:ListMultipartUploadParts s3:AbortMultipartUpload on Collections.Arn/runs/*/map/*',
      's3:PutObject s3:GetObject on Collections.Arn/runs/*/failures/*',
    ],
    PipelineStateMachineEventsRole: ['states:StartExecution on PipelineStateMachine'],
  });
  for (const role of stack.all('AWS::IAM::Role')) expect(role.properties).not.toHaveProperty('ManagedPolicyArns');
});

test('the secrets that are named may be read by the steps that call out, and the endpoints reached', () => {
  const secret = 'arn:aws:secretsmanager:eu-central-1:123456789012:secret:nemo-AbCdEf';
  const open = synthesize({ secretArns: `${secret},${secret}2`, allowedEndpoints: ['http://nemo.internal:8000'] });
  const readers = Object.entries(permissions(open)).filter(([, lines]) =>
    lines.includes(`secretsmanager:GetSecretValue on ${secret} ${secret}2`),
  );
  const steps = ['RunWorkflow', 'SubmitTraining', 'CheckTraining', 'DeployModel'];
  expect(readers.map(([role]) => role)).toEqual(steps.map((name) => `Pipeline${name}Role`));
  for (const name of steps) {
    const found = open.all('AWS::Lambda::Function').find((each) => each.name === `Pipeline${name}`);
    expect(found?.properties.Environment).toMatchObject({
      Variables: { ALLOWED_ENDPOINTS: 'http://nemo.internal:8000' },
    });
  }
});

test('the outputs say where to upload and how to start', () => {
  expect(stack.outputs).toEqual({
    TracesBucket: 'Traces',
    CollectionsBucket: 'Collections',
    StateMachineArn: 'PipelineStateMachine',
    UploadPrefix: 's3://Traces/traces/',
    UploadDeadLetters: 'UploadsDeadLetters',
    StartExecution:
      'aws stepfunctions start-execution --state-machine-arn PipelineStateMachine --name my-run --input \'{"source":{"traces":{"bucket":"Traces","prefix":"traces/"}}}\'',
  });
});

describe('with buckets that exist', () => {
  const existing = synthesize({
    tracesBucketName: 'my-traces',
    collectionsBucketName: 'my-runs',
    tracesPrefix: 'eval/',
  });

  test('makes none, and says how their events are turned on', () => {
    expect(existing.all('AWS::S3::Bucket')).toEqual([]);
    expect(existing.outputs).toMatchObject({
      TracesBucket: 'my-traces',
      CollectionsBucket: 'my-runs',
      UploadPrefix: 's3://my-traces/eval/',
      TurnOnEventBridge: expect.stringContaining('--bucket my-traces'),
    });
  });

  test('names them to the functions', () => {
    for (const { name, properties } of existing.all('AWS::Lambda::Function')) {
      const reads = /Evaluate$|BuildShard$|Finalize$/.test(name);
      expect(properties.Environment).toMatchObject({
        Variables: { ...(reads ? { TRACES_BUCKET: 'my-traces' } : {}), COLLECTIONS_BUCKET: 'my-runs' },
      });
    }
  });

  test('refuses one bucket for both', () => {
    const twice = { tracesBucketName: 'my-bucket', collectionsBucketName: 'my-bucket' };
    expect(() => synthesize(twice)).toThrow('both "my-bucket"');
  });
});

const listed = z.union([z.string().transform((one) => [one]), z.array(z.string())]);
const Policy = z.object({
  Roles: z.array(z.string()),
  PolicyDocument: z.object({
    Statement: z.array(z.strictObject({ Effect: z.literal('Allow'), Action: listed, Resource: listed })),
  }),
});

/** `actions on resources` of every statement, by role. */
function permissions({ all }: typeof stack): Record<string, string[]> {
  const byRole: Record<string, string[]> = {};
  for (const { properties } of all('AWS::IAM::Policy')) {
    const { Roles, PolicyDocument } = Policy.parse(properties);
    const lines = PolicyDocument.Statement.map(
      ({ Action, Resource }) => `${Action.join(' ')} on ${Resource.join(' ')}`,
    );
    for (const role of Roles) byRole[role] = [...(byRole[role] ?? []), ...lines];
  }
  return byRole;
}

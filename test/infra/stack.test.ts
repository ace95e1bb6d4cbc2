import { Stack } from 'aws-cdk-lib';
import { Annotations, Match } from 'aws-cdk-lib/assertions';
import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { tagsOf } from '../../adapters/s3/shard-tag.ts';
import { memoryOf } from '../../functions/memory.ts';
import { STEPS, type Step } from '../../lib/contract/steps.ts';
import { synthesize } from './synthesized.ts';

const stack = synthesize();

test('Choose has the memory that the stack is given, 3,008 MB without it, and knows how much it has', () => {
  const memory = (context: Record<string, string>) =>
    synthesize(context)
      .all('AWS::Lambda::Function')
      .find(({ name }) => name === 'PipelineChoose')?.properties.MemorySize;
  expect(memory({})).toBe(3008);
  expect(memory({ chooseMemory: '10240' })).toBe(10_240);
  expect(() => memory({ chooseMemory: '20000' })).toThrow(/chooseMemory/);
});

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
  expect(stack.all('AWS::Lambda::Function')).toHaveLength(STEPS.length);
});

test("of a run's objects only those of its shards and of their choice expire, a month after they were written", () => {
  const Lifecycle = z.object({ Rules: z.array(z.record(z.string(), z.unknown())) });
  const expiring = stack
    .all('AWS::S3::Bucket')
    .flatMap(({ properties }) => Lifecycle.parse(properties.LifecycleConfiguration).Rules)
    .filter((rule) => 'ExpirationInDays' in rule || 'ExpirationDate' in rule);
  expect(expiring).toEqual([
    {
      Id: 'shards',
      Status: 'Enabled',
      TagFilters: [{ Key: 'dpo-trajectories', Value: 'shard' }],
      ExpirationInDays: 30,
    },
  ]);
  for (const key of ['shards/000000/collection.jsonl', 'choice/000000.bin', 'choice/facts.json']) {
    expect(tagsOf(`runs/a/${key}`)).toBe('dpo-trajectories=shard');
  }
});

test.each([3008, 5000])(
  'the function that tells of one that was killed knows the memory of each, Choose having %d MB',
  (choose) => {
    const functions = synthesize({ chooseMemory: String(choose) }).all('AWS::Lambda::Function');
    const propertiesOf = (step: Step) => functions.find(({ name }) => name === `Pipeline${step}`)?.properties;
    for (const step of STEPS) expect(propertiesOf(step)).toMatchObject({ MemorySize: memoryOf(step, choose) });
    expect(propertiesOf('RecordFailure')).toMatchObject({
      Environment: { Variables: { CHOOSE_MEMORY_MB: String(choose) } },
    });
  },
);

test.each([
  ['PipelineEvaluate', 1769],
  ['PipelineBuildShard', 1769],
])('the function %s runs on Node 24 on arm64 with %d MB for up to 15 minutes', (name, memory) => {
  const found = stack.all('AWS::Lambda::Function').find((each) => each.name === name);
  expect(found?.properties).toMatchObject({
    Runtime: 'nodejs24.x',
    Architectures: ['arm64'],
    MemorySize: memory,
    Timeout: 900,
    Handler: 'index.handler',
    LoggingConfig: { LogGroup: `${name}Log` },
    TracingConfig: { Mode: 'Active' },
    Environment: {
      Variables: {
        TRACES_BUCKET: 'Traces',
        COLLECTIONS_BUCKET: 'Collections',
        CODE_VERSION: expect.stringMatching(/^\d+\.\d+\.\d+/),
        POWERTOOLS_SERVICE_NAME: expect.stringMatching(/^Stack-Pipeline/),
        NODE_OPTIONS: '--enable-source-maps',
      },
    },
  });
});

describe('what a request may do', () => {
  const variablesOf = (context: Readonly<Record<string, unknown>>, name: string) =>
    synthesize(context)
      .all('AWS::Lambda::Function')
      .find((found) => found.name === `Pipeline${name}`)?.properties.Environment;

  test('is said to Evaluate: datasets come from under the traces prefix, and uploads bring settings alone', () => {
    const Variables = { TRACES_BUCKET: 'Traces', TRACES_PREFIX: 'traces/', REQUESTS_FROM_UPLOADS: 'restricted' };
    expect(variablesOf({}, 'Evaluate')).toMatchObject({ Variables });
    expect(variablesOf({ tracesPrefix: 'eval/' }, 'Evaluate')).toMatchObject({ Variables: { TRACES_PREFIX: 'eval/' } });
  });

  test('can be all that an upload asks for, and the function that records failures knows it too', () => {
    for (const requestsFromUploads of ['restricted', 'all']) {
      for (const name of ['Evaluate', 'RecordFailure']) {
        const Variables = { REQUESTS_FROM_UPLOADS: requestsFromUploads };
        expect(variablesOf({ requestsFromUploads }, name)).toMatchObject({ Variables });
      }
    }
    expect(() => synthesize({ requestsFromUploads: 'everything' })).toThrow('requestsFromUploads');
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
      POWERTOOLS_SERVICE_NAME: expect.any(String),
      NODE_OPTIONS: '--enable-source-maps',
    },
  });
});

test.each([
  ['RunWorkflow', { ALLOWED_ENDPOINTS: '' }],
  ['PlanTraces', {}],
  ['WriteDatasets', {}],
  ['Finalize', {}],
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
      POWERTOOLS_SERVICE_NAME: expect.any(String),
      NODE_OPTIONS: '--enable-source-maps',
      ...more,
    },
  });
});

test('every function is traced, and has its own log', () => {
  for (const { name, properties } of stack.all('AWS::Lambda::Function')) {
    expect(properties).toMatchObject({
      TracingConfig: { Mode: 'Active' },
      LoggingConfig: { LogGroup: `${name}Log` },
    });
  }
});

test('every log is kept for three months and goes with the stack', () => {
  const logs = stack.all('AWS::Logs::LogGroup');
  // Of each function, and of the state machine.
  expect(logs).toHaveLength(STEPS.length + 1);
  for (const log of logs) expect(log).toMatchObject({ deletion: 'Delete', properties: { RetentionInDays: 90 } });
});

test('the outputs say where to upload and how to start', () => {
  expect(stack.outputs).toEqual({
    TracesBucket: 'Traces',
    CollectionsBucket: 'Collections',
    StateMachineArn: 'PipelineStateMachine',
    UploadPrefix: 's3://Traces/traces/',
    UploadDeadLetters: 'UploadsDeadLetters',
    UnrecordedEnds: 'PipelineUnrecordedEnds',
    Dashboard: 'MonitoringDashboard',
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
      const reads = /Evaluate$|BuildShard$|RecordFailure$/.test(name);
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

describe('secrets that no endpoint may be sent', () => {
  const secretArns = 'arn:aws:secretsmanager:eu-central-1:123456789012:secret:nemo-AbCdEf';
  const warnings = (context: Readonly<Record<string, unknown>>) => {
    const found = synthesize(context).app.node.tryFindChild('Stack');
    if (!Stack.isStack(found)) throw new Error('the app has a stack');
    return Annotations.fromStack(found).findWarning('*', Match.anyValue());
  };

  test('are warned of at synth, with the way out', () => {
    expect(warnings({ secretArns })).toMatchObject([
      { id: '/Stack/Pipeline', entry: { data: expect.stringMatching(/EndpointRefused.*--context allowedEndpoints=/) } },
    ]);
  });

  test.each([{}, { secretArns, allowedEndpoints: 'https://nemo.example.com' }])(
    'are not where there are none: %j',
    (context) => {
      expect(warnings(context)).toEqual([]);
    },
  );
});

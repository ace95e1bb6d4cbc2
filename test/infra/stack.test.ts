import { App, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { type ISecret, Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { tagsOf } from '../../adapters/s3/shard-tag.ts';
import { memoryOf } from '../../functions/memory.ts';
import { type AllowedEndpoint, CollectionsBucket, DpoPipeline, TracesBucket } from '../../infra/index.ts';
import { Ceilings, DEFAULT_CEILINGS } from '../../lib/contract/ceilings.ts';
import { STEPS, type Step } from '../../lib/contract/steps.ts';
import { runKeys } from '../../lib/objects/keys.ts';
import { PIPELINE } from '../support/pipeline-definition.ts';
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

test("what nobody reads again expires, a month after it was written: a run's shards, their choice, the maps' results", () => {
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
    { Id: 'maps', Status: 'Enabled', Prefix: 'maps/', ExpirationInDays: 30 },
  ]);
  // All that Step Functions writes itself is under this prefix, and nothing of a run.
  const writers = [...JSON.stringify(PIPELINE).matchAll(/"Prefix\.\$":"([^"]*)"/g)].map(([, prefix]) => prefix);
  expect(new Set(writers)).toEqual(new Set(["States.Format('maps/{}', $$.Execution.Name)"]));
  expect(runKeys('a').root).toBe('runs/a/');
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
      ALLOWED_ENDPOINTS: '[]',
      CODE_VERSION: expect.any(String),
      POWERTOOLS_SERVICE_NAME: expect.any(String),
      NODE_OPTIONS: '--enable-source-maps',
    },
  });
});

test.each([
  ['RunWorkflow', { ALLOWED_ENDPOINTS: '[]' }],
  ['PlanTraces', { CEILINGS: JSON.stringify(DEFAULT_CEILINGS) }],
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

test('every log is kept for three months, also when the stack goes, and another stack of its name can be deployed', () => {
  const logs = stack.all('AWS::Logs::LogGroup');
  // Of each function, and of the state machine.
  expect(logs).toHaveLength(STEPS.length + 1);
  for (const log of logs) {
    expect(log).toMatchObject({ deletion: 'Retain', properties: { RetentionInDays: 90 } });
    const { LogGroupName: name } = log.properties;
    // One that has a name of ours would stand in the way of the next.
    if (name !== undefined) expect(name).toMatch(/-2 of StackId split at \/$/);
  }
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

describe('allowedEndpoints', () => {
  const SECRET = 'arn:aws:secretsmanager:eu-central-1:123456789012:secret:nemo-AbCdEf';
  const AGENT = { origin: 'https://agent.example.com/', purpose: 'workflow', secretArns: [SECRET] };
  const listed = (context: Readonly<Record<string, unknown>>) => {
    const found = synthesize(context)
      .all('AWS::Lambda::Function')
      .find(({ name }) => name === 'PipelineRunWorkflow');
    const { Variables } = z
      .object({ Variables: z.object({ ALLOWED_ENDPOINTS: z.string() }) })
      .parse(found?.properties.Environment);
    return JSON.parse(Variables.ALLOWED_ENDPOINTS);
  };
  const NORMAL = [{ origin: 'https://agent.example.com', purpose: 'workflow', secretArns: [SECRET] }];

  test('come from cdk.json, or as JSON from the command line', () => {
    expect(listed({ allowedEndpoints: [AGENT] })).toEqual(NORMAL);
    expect(listed({ allowedEndpoints: JSON.stringify([AGENT]) })).toEqual(NORMAL);
    expect(listed({})).toEqual([]);
  });

  test.each([
    ['as they were before', 'https://agent.example.com', /must be JSON, but is https[\s\S]*at allowedEndpoints/],
    ['with a path', [{ ...AGENT, origin: 'https://agent.example.com/v1' }], /without a path/],
    ['with a user', [{ ...AGENT, origin: 'https://me@agent.example.com' }], /without a path/],
    ['for no purpose', [{ origin: 'https://agent.example.com' }], /purpose/],
    ['with names of a trainer for a workflow', [{ ...AGENT, namespaces: ['team'] }], /namespaces/],
    ['twice', [AGENT, { ...AGENT, secretArns: [] }], /lists https:\/\/agent.example.com for workflow twice/],
    ['with one secret for two', [AGENT, { ...AGENT, purpose: 'training' }], /to two endpoints/],
  ])('are refused %s', (_, allowedEndpoints, message) => {
    expect(() => synthesize({ allowedEndpoints })).toThrow(message);
  });

  test('secrets that are granted without an endpoint, as before, are refused with the way out', () => {
    expect(() => synthesize({ secretArns: SECRET })).toThrow(/secretArns.*is now part of allowedEndpoints/);
  });

  test('as a construct takes secrets of the same stack, and refuses one for two endpoints', () => {
    const pipelineWith = (endpoints: (secret: ISecret) => readonly AllowedEndpoint[]) => {
      const own = new Stack(new App({ context: { 'aws:cdk:bundling-stacks': [] } }), 'Own');
      const [traces, collections] = [new TracesBucket(own, 'Traces'), new CollectionsBucket(own, 'Collections')];
      const allowedEndpoints = endpoints(new Secret(own, 'Secret'));
      return new DpoPipeline(own, 'Pipeline', { traces, collections, allowedEndpoints });
    };
    const one = (purpose: 'workflow' | 'training', secret: ISecret): AllowedEndpoint => ({
      ...{ origin: 'http://10.0.0.7:8000', purpose, secrets: [secret] },
    });
    const template = Template.fromStack(Stack.of(pipelineWith((secret) => [one('workflow', secret)])));
    template.hasResourceProperties('AWS::Lambda::Function', {
      Environment: {
        Variables: {
          ALLOWED_ENDPOINTS: Match.objectLike({ 'Fn::Join': ['', Match.arrayWith([{ Ref: 'SecretA720EF05' }])] }),
        },
      },
    });
    expect(() => pipelineWith((secret) => [one('workflow', secret), one('training', secret)])).toThrow(
      'to two endpoints',
    );
  });
});

describe('ceilings', () => {
  const ceilingsIn = (context: Readonly<Record<string, unknown>>, name = 'Evaluate') => {
    const found = synthesize(context)
      .all('AWS::Lambda::Function')
      .find((each) => each.name === `Pipeline${name}`);
    const { Variables } = z
      .object({ Variables: z.object({ CEILINGS: z.string() }) })
      .parse(found?.properties.Environment);
    return Ceilings.parse(JSON.parse(Variables.CEILINGS));
  };

  test('are said to the functions that plan, with defaults for those that are not set', () => {
    for (const name of ['Evaluate', 'PlanTraces']) expect(ceilingsIn({}, name)).toEqual(DEFAULT_CEILINGS);
    expect(ceilingsIn({ ceilings: '{"maxChildren":500}' })).toEqual({ ...DEFAULT_CEILINGS, maxChildren: 500 });
    expect(ceilingsIn({ ceilings: { maxWorkflowSeconds: 60 } }).maxWorkflowSeconds).toBe(60);
  });

  test('have no run ask for more children at once than are set aside', () => {
    expect(ceilingsIn({ reservedConcurrency: '50' }).maxConcurrency).toBe(50);
    expect(ceilingsIn({ reservedConcurrency: '5000' }).maxConcurrency).toBe(1000);
    expect(ceilingsIn({ reservedConcurrency: '50', ceilings: { maxConcurrency: 20 } }).maxConcurrency).toBe(20);
  });

  test.each([
    ['less than a workflow is asked by default', { reservedConcurrency: '7' }, 'reservedConcurrency is 7'],
    ['none', { reservedConcurrency: '0' }, 'reservedConcurrency'],
    ['part of a child', { reservedConcurrency: '10.5' }, 'reservedConcurrency'],
    [
      'less than one run may ask for',
      { reservedConcurrency: '50', ceilings: { maxConcurrency: 51 } },
      'maxConcurrency is 51',
    ],
    ['a floor above the default shard', { ceilings: { minShardBytes: 2 ** 27 } }, 'minShardBytes'],
    ['a ceiling below the default shard', { ceilings: { maxShardBytes: 2 ** 25 } }, 'maxShardBytes'],
    ['a ceiling that there is not', { ceilings: { maxMoney: 1 } }, 'maxMoney'],
  ])('are refused where they make no sense: %s', (_, context, message) => {
    expect(() => synthesize(context)).toThrow(message);
  });
});

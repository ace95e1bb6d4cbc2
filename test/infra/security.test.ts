import { Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks, ServerlessChecks } from 'cdk-nag';
import type { IConstruct } from 'constructs';
import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { type Statement, statementsByRole } from '../support/iam-policy.ts';
import { synthesize } from './synthesized.ts';

const SECRET = 'arn:aws:secretsmanager:eu-central-1:123456789012:secret:nemo-AbCdEf';
const KEY = 'arn:aws:kms:eu-central-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab';

const stack = synthesize();
const withAll = synthesize({
  encryptionKey: 'create',
  secretArns: SECRET,
  secretsKeyArn: `${KEY}2`,
  allowedEndpoints: ['http://nemo.internal:8000'],
  reservedConcurrency: '50',
  alarmTopicArn: 'arn:aws:sns:eu-central-1:123456789012:on-call',
});
const withExisting = synthesize({
  tracesBucketName: 'my-traces',
  collectionsBucketName: 'my-runs',
  encryptionKey: KEY,
});

const runs = (...files: string[]) => files.map((file) => `Collections.Arn/runs/*/${file}`).join(' ');
const base = (name: string, ...besides: readonly string[]) => [
  `logs:CreateLogStream logs:PutLogEvents on Pipeline${name}Log.Arn`,
  ...besides,
  // X-Ray takes traces for the account: there is no resource to be named.
  'xray:PutTraceSegments xray:PutTelemetryRecords on *',
];
const read = 's3:GetObject s3:GetObjectVersion';
const readsTraces = ['s3:ListBucket on Traces.Arn', `${read} on Traces.Arn/*`];
const write = 's3:PutObject s3:AbortMultipartUpload';
const writesRuns = ['s3:ListBucket on Collections.Arn', `${read} ${write} on Collections.Arn/runs/*`];
const writesExpiring = (folder: string) => [
  's3:ListBucket on Collections.Arn',
  `${read} on Collections.Arn/runs/*`,
  `${write} s3:PutObjectTagging on ${runs(`${folder}/*`)}`,
];
const trains = [
  's3:ListBucket on Collections.Arn',
  `${read} on ${runs('request.json', 'manifest.json', 'metrics.jsonl', 'datasets/*', 'training/*', 'training.jsonl')}`,
  `s3:PutObject on ${runs('training/*', 'training.jsonl', 'final_metrics.json')}`,
];
const invoke = (name: string) => `lambda:InvokeFunction on Pipeline${name}.Arn:$LATEST Pipeline${name}.Arn`;
const children = (map: string) => `arn:Partition:states:Region:AccountId:execution:PipelineStateMachine.Name/${map}:*`;
const MAPS = ['RunWorkflow', 'GroupCandidates', 'BuildShards', 'WriteDatasets'];

const ROLES: Readonly<Record<string, readonly string[]>> = {
  PipelineEvaluateRole: [...base('Evaluate'), ...readsTraces, ...writesRuns],
  PipelineGroupCandidatesRole: [...base('GroupCandidates'), ...readsTraces, ...writesExpiring('shards')],
  PipelineBuildShardRole: [...base('BuildShard'), ...readsTraces, ...writesExpiring('shards')],
  PipelineChooseRole: [
    ...base('Choose'),
    ...writesExpiring('choice'),
    `${write} on ${runs('rejected.jsonl', 'rejected.jsonl.*')}`,
    `s3:DeleteObject on ${runs('rejected.jsonl.*')}`,
  ],
  PipelineWriteDatasetsRole: [...base('WriteDatasets'), ...writesExpiring('shards')],
  PipelineFinalizeRole: [...base('Finalize'), ...writesRuns, 's3:DeleteObject on Collections.Arn/runs/*/*.jsonl.*'],
  PipelineRunWorkflowRole: [...base('RunWorkflow'), ...writesRuns],
  PipelinePlanTracesRole: [...base('PlanTraces'), ...writesRuns],
  PipelineSubmitTrainingRole: [
    ...base('SubmitTraining'),
    ...trains,
    `s3:DeleteObject on ${runs('training/attempts/*')}`,
    'events:PutEvents on arn:Partition:events:Region:AccountId:event-bus/default',
  ],
  PipelineCheckTrainingRole: [...base('CheckTraining'), ...trains],
  PipelineDeployModelRole: [...base('DeployModel'), ...trains],
  PipelineRecordFailureRole: [
    ...base('RecordFailure', 'sqs:SendMessage on PipelineUnrecordedEnds.Arn'),
    's3:ListBucket on Collections.Arn',
    `${read} on ${runs('request.json')}`,
    `${read} on ${runs('manifest.json')}`,
    `${read} on ${runs('failure.json')}`,
    `s3:PutObject on ${runs('failure.json')}`,
    `${read} on Traces.Arn/run.json`,
    `${read} on Traces.Arn/*/run.json`,
  ],
  PipelineStateMachineRole: [
    // The same of logs that are delivered.
    'logs:CreateLogDelivery logs:GetLogDelivery logs:UpdateLogDelivery logs:DeleteLogDelivery logs:ListLogDeliveries logs:PutResourcePolicy logs:DescribeResourcePolicies logs:DescribeLogGroups on *',
    'xray:PutTraceSegments xray:PutTelemetryRecords xray:GetSamplingRules xray:GetSamplingTargets on *',
    ...['Evaluate', 'GroupCandidates', 'BuildShard', 'Choose', 'WriteDatasets', 'Finalize'].map(invoke),
    ...['RunWorkflow', 'PlanTraces'].map(invoke),
    ...['SubmitTraining', 'CheckTraining', 'DeployModel', 'RecordFailure'].map(invoke),
    'states:StartExecution on PipelineStateMachine',
    `states:DescribeExecution states:StopExecution on ${MAPS.map(children).join(' ')}`,
    `s3:GetObject on ${runs('plan.json', 'batches.json', 'grouping-tasks.json')}`,
    `s3:PutObject s3:GetObject s3:ListMultipartUploadParts s3:AbortMultipartUpload on Collections.Arn/maps/*`,
    `s3:PutObject s3:GetObject on ${runs('failures/*')}`,
  ],
  PipelineStateMachineEventsRole: ['states:StartExecution on PipelineStateMachine'],
};

test.each(Object.entries(ROLES))('%s may do what its part needs, and no more', (role, allowed) => {
  expect(permissions(stack)[role]).toEqual(allowed);
});

test('there is no other role, and none has a managed policy', () => {
  expect(Object.keys(permissions(stack)).toSorted()).toEqual(Object.keys(ROLES).toSorted());
  expect(stack.all('AWS::IAM::Role').map(({ name }) => name)).toHaveLength(Object.keys(ROLES).length);
  for (const role of stack.all('AWS::IAM::Role')) expect(role.properties).not.toHaveProperty('ManagedPolicyArns');
});

describe('with a KMS key, secrets and all else', () => {
  const reads = 'kms:Decrypt on Key.Arn through s3.Region.amazonaws.com';
  const writes = 'kms:Decrypt kms:GenerateDataKey on Key.Arn through s3.Region.amazonaws.com';
  const asks = [
    `secretsmanager:GetSecretValue on ${SECRET}`,
    `kms:Decrypt on ${KEY}2 through secretsmanager.Region.amazonaws.com`,
  ];

  test.each([
    ['PipelineEvaluateRole', [reads, writes]],
    ['PipelineGroupCandidatesRole', [reads, writes]],
    ['PipelineBuildShardRole', [reads, writes]],
    ['PipelineChooseRole', [writes]],
    ['PipelineWriteDatasetsRole', [writes]],
    ['PipelineFinalizeRole', [writes]],
    ['PipelineRunWorkflowRole', [...asks, writes]],
    ['PipelinePlanTracesRole', [writes]],
    ['PipelineSubmitTrainingRole', [writes, ...asks]],
    ['PipelineCheckTrainingRole', [writes, ...asks]],
    ['PipelineDeployModelRole', [writes, ...asks]],
    ['PipelineRecordFailureRole', [writes, reads]],
    ['PipelineStateMachineRole', [writes]],
    ['PipelineStateMachineEventsRole', []],
  ])('%s may do this besides', (role, besides) => {
    const more = permissions(withAll)[role]?.filter((line) => !ROLES[role]?.includes(line));
    expect(more?.toSorted()).toEqual([...besides].toSorted());
  });

  test('both buckets are encrypted by the key, which is rotated and kept', () => {
    expect(withAll.all('AWS::KMS::Key')).toMatchObject([
      { name: 'Key', deletion: 'Retain', properties: { EnableKeyRotation: true } },
    ]);
    const byKey = { SSEAlgorithm: 'aws:kms', KMSMasterKeyID: 'Key.Arn' };
    for (const { properties } of withAll.all('AWS::S3::Bucket')) {
      expect(properties.BucketEncryption).toEqual({
        ServerSideEncryptionConfiguration: [{ BucketKeyEnabled: true, ServerSideEncryptionByDefault: byKey }],
      });
    }
  });

  test('shards have their concurrency, the steps that call out their endpoints', () => {
    const reserved = withAll.all('AWS::Lambda::Function').map(({ name, properties }) => {
      return [name, properties.ReservedConcurrentExecutions];
    });
    expect(reserved.filter(([, most]) => most !== undefined)).toEqual([
      ['PipelineGroupCandidates', 50],
      ['PipelineBuildShard', 50],
    ]);
    // Only where it is asked for: it is taken from the rest of the account.
    for (const { properties } of stack.all('AWS::Lambda::Function')) {
      expect(properties).not.toHaveProperty('ReservedConcurrentExecutions');
    }
    const reaching = withAll.all('AWS::Lambda::Function').filter(({ properties }) => {
      return JSON.stringify(properties.Environment).includes('"ALLOWED_ENDPOINTS":"http://nemo.internal:8000"');
    });
    expect(reaching.map(({ name }) => name.replace('Pipeline', '')).toSorted()).toEqual(
      ['RunWorkflow', 'SubmitTraining', 'CheckTraining', 'DeployModel'].toSorted(),
    );
  });
});

test('the key of buckets that exist may be used by the roles that use the buckets', () => {
  expect(permissions(withExisting).PipelineBuildShardRole).toEqual(
    expect.arrayContaining([
      `kms:Decrypt on ${KEY} through s3.Region.amazonaws.com`,
      `kms:Decrypt kms:GenerateDataKey on ${KEY} through s3.Region.amazonaws.com`,
    ]),
  );
  expect(withExisting.all('AWS::KMS::Key')).toEqual([]);
});

test('a new key for two buckets that exist is refused', () => {
  const nothing = { tracesBucketName: 'my-traces', collectionsBucketName: 'my-runs', encryptionKey: 'create' };
  expect(() => synthesize(nothing)).toThrow('nothing for a new key to encrypt');
});

test('events that could not be dealt with wait in queues that are encrypted and answer over TLS only', () => {
  const queues = stack.all('AWS::SQS::Queue');
  expect(queues.map(({ name }) => name)).toEqual(['PipelineUnrecordedEnds', 'UploadsDeadLetters']);
  for (const { properties } of queues) expect(properties).toMatchObject({ SqsManagedSseEnabled: true });
  const policies = stack.all('AWS::SQS::QueuePolicy');
  expect(policies).toHaveLength(queues.length);
  for (const policy of policies) expect(JSON.stringify(policy)).toContain('"aws:SecureTransport":"false"');
});

describe.each([
  ['without options', stack],
  ['with all options', withAll],
  ['with buckets that exist', withExisting],
])("cdk-nag's AwsSolutions and Serverless rules, %s", (_, { app }) => {
  test('find nothing', () => {
    const findings = [new AwsSolutionsChecks(), new ServerlessChecks()].flatMap((pack) =>
      pack.validateScope(app).violations.map(({ ruleName, violatingResources }) => {
        return `${ruleName} at ${violatingResources.map(({ constructPath }) => constructPath).join(', ')}`;
      }),
    );
    expect(findings).toEqual([]);
  });

  test('are left out by name, for a reason that is a sentence', () => {
    const acknowledged = app.node.findAll().flatMap(acknowledgements);
    const rules = new Set(acknowledged.map(([rule]) => rule.replace(/\[.*/, '')));
    expect(LEFT_OUT).toEqual(expect.arrayContaining([...rules]));
    for (const [, reason] of acknowledged) expect(reason).toMatch(/^[A-Z].{40,}\.$/);
  });
});

const LEFT_OUT = [
  'AwsSolutions-IAM5',
  'AwsSolutions-S1',
  'AwsSolutions-SQS3',
  'Serverless-LambdaDLQ',
  'Serverless-SQSRedrivePolicy',
];

const Acknowledged = z.record(z.string(), z.string());

/** Rule and reason of each. */
const acknowledgements = ({ node }: IConstruct): [string, string][] =>
  node.metadata
    .filter(({ type }) => type === Validations.ACKNOWLEDGED_RULES_METADATA_KEY)
    .flatMap(({ data }) => Object.entries(Acknowledged.parse(data)))
    .map(([id, reason]) => [id.replace(/^\w+::/, ''), reason]);

/** `actions on resources` of every statement, by role. */
function permissions({ all }: typeof stack): Record<string, string[]> {
  const byRole = statementsByRole(all('AWS::IAM::Policy').map(({ properties }) => properties));
  const lines = ({ Action, Resource, Condition }: Statement) => {
    const service = Condition?.StringEquals['kms:ViaService'];
    return `${Action.join(' ')} on ${Resource.join(' ')}${service ? ` through ${service}` : ''}`;
  };
  return Object.fromEntries(Object.entries(byRole).map(([role, statements]) => [role, statements.map(lines)]));
}

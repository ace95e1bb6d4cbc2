import { Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks, NIST80053R5Checks, ServerlessChecks } from 'cdk-nag';
import type { IConstruct } from 'constructs';
import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { type Statement, statementsByRole } from '../support/iam-policy.ts';
import { synthesize } from './synthesized.ts';
import { vpcStack } from './vpc-stack.ts';

const arnOf = (secret: string) => `arn:aws:secretsmanager:eu-central-1:123456789012:secret:${secret}`;
const SECRETS = { workflow: arnOf('agent-AbCdEf'), training: arnOf('nemo-AbCdEf') };
const NEMO = { origin: 'http://nemo.internal:8000', purpose: 'training', namespaces: ['team'] };
const KEY = 'arn:aws:kms:eu-central-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab';

const stack = synthesize();
const withAll = synthesize({
  encryptionKey: 'create',
  secretsKeyArn: `${KEY}2`,
  allowedEndpoints: [
    { origin: 'https://agent.example.com', purpose: 'workflow', secretArns: [SECRETS.workflow] },
    { ...NEMO, secretArns: [SECRETS.training] },
  ],
  reservedConcurrency: '50',
  alarmTopicArn: 'arn:aws:sns:eu-central-1:123456789012:on-call',
});
const withExisting = synthesize({
  tracesBucketName: 'my-traces',
  collectionsBucketName: 'my-runs',
  encryptionKey: KEY,
});

const gathering = synthesize({ uploads: { quietMinutes: 5 } });
const marked = synthesize({ uploads: { marker: '_SUCCESS' } });
const inVpc = synthesize({}, vpcStack());

const runs = (...files: string[]) => files.map((file) => `Collections.Arn/runs/*/${file}`).join(' ');
const base = (name: string, ...besides: readonly string[]) => [
  `logs:CreateLogStream logs:PutLogEvents on Pipeline${name}Log.Arn`,
  ...besides,
  // X-Ray takes traces for the account: there is no resource to be named.
  'xray:PutTraceSegments xray:PutTelemetryRecords on *',
];
const read = 's3:GetObject s3:GetObjectVersion';
const lists = (bucket: string, prefix: string) => `s3:ListBucket on ${bucket}.Arn of ${prefix}`;
const readsTraces = [lists('Traces', 'traces/*'), `${read} on Traces.Arn/traces/*`];
const write = 's3:PutObject s3:AbortMultipartUpload';
const writesRuns = [lists('Collections', 'runs/*'), `${read} ${write} on Collections.Arn/runs/*`];
const writesExpiring = (folder: string) => [
  lists('Collections', 'runs/*'),
  `${read} on Collections.Arn/runs/*`,
  `${write} s3:PutObjectTagging on ${runs(`${folder}/*`)}`,
];
const trains = [
  lists('Collections', 'runs/*/training/*'),
  `${read} on ${runs('request.json', 'manifest.json', 'metrics.jsonl', 'training/*', 'training.jsonl')}`,
  `s3:PutObject on ${runs('training/*', 'training.jsonl', 'final_metrics.json')}`,
];
const invoke = (name: string) => `lambda:InvokeFunction on Pipeline${name}.Arn:$LATEST Pipeline${name}.Arn`;
const children = (map: string) => `arn:Partition:states:Region:AccountId:execution:PipelineStateMachine.Name/${map}:*`;
const MAPS = ['RunWorkflow', 'GroupCandidates', 'BuildShards', 'WriteDatasets'];

const ROLES: Readonly<Record<string, readonly string[]>> = {
  PipelineEvaluateRole: [
    ...base('Evaluate'),
    ...readsTraces,
    `${read} on Traces.Arn/*tokenizer.json Traces.Arn/*tokenizer_config.json Traces.Arn/*chat_template.jinja`,
    ...writesRuns,
  ],
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
  PipelineRunWorkflowRole: [
    ...base('RunWorkflow'),
    lists('Collections', 'runs/*/traces/*'),
    `${read} on ${runs('request.json', 'dataset.jsonl', 'traces/*')}`,
    `${write} on ${runs('traces/*')}`,
  ],
  PipelinePlanTracesRole: [
    ...base('PlanTraces'),
    lists('Collections', 'runs/*/traces/*'),
    `${read} on ${runs('request.json', 'batches.json', 'traces/*', 'plan.json')}`,
    `${write} on ${runs('plan.json')}`,
  ],
  PipelineSubmitTrainingRole: [
    ...base('SubmitTraining'),
    ...trains,
    `${read} on ${runs('datasets/*')}`,
    `s3:DeleteObject on ${runs('training/attempts/*')}`,
    'events:PutEvents on arn:Partition:events:Region:AccountId:event-bus/default',
  ],
  PipelineCheckTrainingRole: [...base('CheckTraining'), ...trains],
  PipelineDeployModelRole: [...base('DeployModel'), ...trains],
  PipelineRecordFailureRole: [
    ...base('RecordFailure', 'sqs:SendMessage on PipelineUnrecordedEnds.Arn'),
    lists('Collections', 'runs/*'),
    `${read} on ${runs('request.json', 'manifest.json', 'failure.json')}`,
    `s3:PutObject on ${runs('failure.json')}`,
    lists('Traces', 'traces/*run.json'),
    `${read} on Traces.Arn/traces/run.json Traces.Arn/traces/*/run.json`,
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

test('whatever a role may do with a bucket, it may do only while that is of the account it was deployed with', () => {
  for (const statements of Object.values(statementsOf(withAll))) {
    for (const { Action, Condition } of statements.filter(({ Action }) =>
      Action.some((one) => one.startsWith('s3:')),
    )) {
      expect(Condition?.StringEquals, Action.join()).toEqual({ 'aws:ResourceAccount': 'AccountId' });
    }
  }
});

test.each(['traces*/', 'traces?/', 'traces$/'])(
  'a prefix that a policy would read as a pattern is refused: %s',
  (tracesPrefix) => {
    expect(() => synthesize({ tracesPrefix })).toThrow('tracesPrefix is');
  },
);

const GATHERS = {
  UploadsGatheredGatherUploadsRole: [
    'logs:CreateLogStream logs:PutLogEvents on UploadsGatheredGatherUploadsLog.Arn',
    'xray:PutTraceSegments xray:PutTelemetryRecords on *',
    lists('Traces', 'traces/*'),
    'states:StartExecution on PipelineStateMachine',
    'sqs:ReceiveMessage sqs:ChangeMessageVisibility sqs:GetQueueUrl sqs:DeleteMessage sqs:GetQueueAttributes on UploadsGatheredQueue.Arn',
  ],
};
// The rule puts events into the queue, which lets it, and starts nothing.
const { PipelineStateMachineEventsRole: _, ...STEP_ROLES } = ROLES;

test('what gathers uploads lists traces, starts runs, and may do no more; a marker takes no right', () => {
  expect(permissions(gathering)).toEqual({ ...STEP_ROLES, ...GATHERS });
  expect(permissions(marked)).toEqual(ROLES);
});

test('in a VPC every function may make its interfaces there, and nothing else besides', () => {
  const roles: Readonly<Record<string, readonly string[]>> = { ...STEP_ROLES, ...GATHERS };
  expect(Object.keys(permissions(inVpc)).toSorted()).toEqual(Object.keys(roles).toSorted());
  for (const [role, allowed] of Object.entries(permissions(inVpc))) {
    const besides = allowed.filter((line) => !roles[role]?.includes(line) && !line.includes(' on Key.Arn'));
    expect(besides, role).toEqual(role === 'PipelineStateMachineRole' ? [] : [INTERFACES]);
  }
  for (const { properties } of inVpc.all('AWS::Lambda::Function')) {
    expect(properties.VpcConfig).toMatchObject({ SecurityGroupIds: ['PipelineSecurityGroup.GroupId'] });
  }
});

const INTERFACES =
  'ec2:CreateNetworkInterface ec2:DescribeNetworkInterfaces ec2:DeleteNetworkInterface ec2:AssignPrivateIpAddresses ec2:UnassignPrivateIpAddresses ec2:DescribeSubnets on *';

test('there is no other role, and none has a managed policy', () => {
  expect(Object.keys(permissions(stack)).toSorted()).toEqual(Object.keys(ROLES).toSorted());
  expect(stack.all('AWS::IAM::Role').map(({ name }) => name)).toHaveLength(Object.keys(ROLES).length);
  for (const role of stack.all('AWS::IAM::Role')) expect(role.properties).not.toHaveProperty('ManagedPolicyArns');
});

describe('with a KMS key, secrets and all else', () => {
  const reads = 'kms:Decrypt on Key.Arn through s3.Region.amazonaws.com';
  const writes = 'kms:Decrypt kms:GenerateDataKey on Key.Arn through s3.Region.amazonaws.com';
  const asks = (purpose: keyof typeof SECRETS) => [
    `secretsmanager:GetSecretValue on ${SECRETS[purpose]}`,
    `kms:Decrypt on ${KEY}2 through secretsmanager.Region.amazonaws.com`,
  ];
  const queues = 'kms:Decrypt kms:GenerateDataKey on Key.Arn through sqs.Region.amazonaws.com';

  test.each([
    ['PipelineEvaluateRole', [reads, writes]],
    ['PipelineGroupCandidatesRole', [reads, writes]],
    ['PipelineBuildShardRole', [reads, writes]],
    ['PipelineChooseRole', [writes]],
    ['PipelineWriteDatasetsRole', [writes]],
    ['PipelineFinalizeRole', [writes]],
    ['PipelineRunWorkflowRole', [...asks('workflow'), writes]],
    ['PipelinePlanTracesRole', [writes]],
    ['PipelineSubmitTrainingRole', [writes, ...asks('training')]],
    ['PipelineCheckTrainingRole', [writes, ...asks('training')]],
    ['PipelineDeployModelRole', [writes, ...asks('training')]],
    ['PipelineRecordFailureRole', [writes, reads, queues]],
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

  test('logs and queues are encrypted by the key, whose policy lets their services use it', () => {
    for (const { properties } of withAll.all('AWS::Logs::LogGroup')) {
      expect(properties).toMatchObject({ KmsKeyId: 'Key.Arn' });
    }
    for (const { properties } of withAll.all('AWS::SQS::Queue')) {
      expect(properties).toMatchObject({ KmsMasterKeyId: 'Key.Arn' });
    }
    const [key] = withAll.all('AWS::KMS::Key');
    const logs = 'arn:Partition:logs:Region:AccountId:log-group:*';
    expect(key?.properties.KeyPolicy).toMatchObject({
      Statement: expect.arrayContaining([
        expect.objectContaining({
          Principal: { Service: 'logs.Region.amazonaws.com' },
          Condition: { ArnLike: { 'kms:EncryptionContext:aws:logs:arn': logs } },
        }),
        expect.objectContaining({
          Principal: { Service: 'events.amazonaws.com' },
          Action: ['kms:Decrypt', 'kms:GenerateDataKey'],
        }),
      ]),
    });
  });

  test('each function that a map calls has its concurrency', () => {
    const reserved = withAll.all('AWS::Lambda::Function').map(({ name, properties }) => {
      return [name, properties.ReservedConcurrentExecutions];
    });
    expect(reserved.filter(([, most]) => most !== undefined).toSorted()).toEqual([
      ['PipelineBuildShard', 50],
      ['PipelineGroupCandidates', 50],
      ['PipelineRunWorkflow', 50],
      ['PipelineWriteDatasets', 50],
    ]);
    // Only where it is asked for: it is taken from the rest of the account.
    for (const { properties } of stack.all('AWS::Lambda::Function')) {
      expect(properties).not.toHaveProperty('ReservedConcurrentExecutions');
    }
  });

  test('a step that calls out knows the endpoints of its purpose, and their secrets, and no other', () => {
    const known = (purpose: 'workflow' | 'training') =>
      withAll
        .all('AWS::Lambda::Function')
        .filter(({ properties }) => JSON.stringify(properties.Environment).includes(SECRETS[purpose]))
        .map(({ name }) => name.replace('Pipeline', ''));
    // Evaluate refuses what they would refuse, before the run begins; it can read no secret.
    expect(known('workflow').toSorted()).toEqual(['Evaluate', 'RunWorkflow']);
    expect(known('training').toSorted()).toEqual(['CheckTraining', 'DeployModel', 'Evaluate', 'SubmitTraining']);
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
  expect(() => synthesize(nothing)).toThrow('a new key would encrypt neither');
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
  ['without options', stack, ['key', 'topic']],
  ['with all options', withAll, []],
  ['with buckets that exist', withExisting, ['topic']],
  ['with gathered uploads', gathering, ['key', 'topic']],
  ['with a marker', marked, ['key', 'topic']],
  ['of constructs in a VPC', inVpc, []],
] as const)("cdk-nag's AwsSolutions, Serverless and NIST 800-53 R5 rules, %s", (_, { app }, without) => {
  test('find nothing', () => {
    const findings = [new AwsSolutionsChecks(), new ServerlessChecks(), new NIST80053R5Checks()].flatMap((pack) =>
      pack.validateScope(app).violations.map(({ ruleName, violatingResources }) => {
        return `${ruleName} at ${violatingResources.map(({ constructPath }) => constructPath).join(', ')}`;
      }),
    );
    expect(findings).toEqual([]);
  });

  test('are left out by name, for a reason that is a sentence', () => {
    const acknowledged = app.node.findAll().flatMap(acknowledgements);
    const rules = new Set(acknowledged.map(([rule]) => rule.replace(/\[.*/, '')));
    const leftOut = [...LEFT_OUT, ...without.flatMap((what) => LEFT_OUT_WITHOUT[what])];
    expect(leftOut).toEqual(expect.arrayContaining([...rules]));
    for (const [, reason] of acknowledged) expect(reason).toMatch(/^[A-Z].{40,}\.$/);
  });
});

const LEFT_OUT = [
  'AwsSolutions-IAM5',
  'AwsSolutions-S1',
  'AwsSolutions-SQS3',
  'Serverless-LambdaDLQ',
  'Serverless-LambdaEventSourceMappingDestination',
  'Serverless-SQSRedrivePolicy',
  ...['IAMNoInlinePolicy', 'LambdaConcurrency', 'LambdaDLQ', 'LambdaInsideVPC'].map(nist),
  ...['S3BucketLoggingEnabled', 'S3BucketReplicationEnabled'].map(nist),
];

/** Left out only without what the rule asks for. */
const LEFT_OUT_WITHOUT = {
  key: ['CloudWatchLogGroupEncrypted', 'S3DefaultEncryptionKMS'].map(nist),
  topic: ['CloudWatchAlarmAction'].map(nist),
};

function nist(rule: string) {
  return `NIST.800.53.R5-${rule}`;
}

const Acknowledged = z.record(z.string(), z.string());

/** Rule and reason of each. */
const acknowledgements = ({ node }: IConstruct): [string, string][] =>
  node.metadata
    .filter(({ type }) => type === Validations.ACKNOWLEDGED_RULES_METADATA_KEY)
    .flatMap(({ data }) => Object.entries(Acknowledged.parse(data)))
    .map(([id, reason]) => [id.replace(/^\w+::/, ''), reason]);

/** `actions on resources` of every statement, by role. */
function permissions(of: typeof stack): Record<string, string[]> {
  const lines = ({ Action, Resource, Condition }: Statement) => {
    const service = Condition?.StringEquals?.['kms:ViaService'];
    const prefix = Condition?.StringLikeIfExists?.['s3:prefix'];
    const more = [service && ` through ${service}`, prefix && ` of ${prefix}`];
    return `${Action.join(' ')} on ${Resource.join(' ')}${more.filter(Boolean).join('')}`;
  };
  return Object.fromEntries(
    Object.entries(statementsOf(of)).map(([role, statements]) => [role, statements.map(lines)]),
  );
}

const statementsOf = ({ all }: typeof stack) =>
  statementsByRole(all('AWS::IAM::Policy').map(({ properties }) => properties));

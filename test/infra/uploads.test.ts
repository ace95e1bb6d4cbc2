import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { matches } from './event-pattern.ts';
import { synthesize } from './synthesized.ts';

const stack = synthesize();
const Rule = z.object({
  EventPattern: z.unknown(),
  Targets: z.tuple([z.record(z.string(), z.unknown())]),
});
const ruleOf = ({ all }: ReturnType<typeof synthesize>) =>
  Rule.parse(all('AWS::Events::Rule').find(({ name }) => name === 'UploadsRule')?.properties);
const { EventPattern: pattern, Targets } = ruleOf(stack);

/** An event of S3's as EventBridge delivers it, as far as patterns can see. */
const uploaded = (key: string, { bucket = 'Traces', type = 'Object Created' } = {}) => ({
  version: '0',
  id: '17793124-05d4-b198-2fde-7ededc63b103',
  'detail-type': type,
  source: 'aws.s3',
  account: '123456789012',
  detail: {
    version: '0',
    bucket: { name: bucket },
    object: {
      key,
      size: 5,
      etag: 'b1946ac92492d2347c6235b4d2611184',
      'version-id': 'IYV3p45BT0ac8hjHg1houSdS1a.Mro8e',
    },
    reason: 'PutObject',
  },
});

test.each([
  'traces/workflow_output.json',
  'traces/run.json',
  'traces/2026/november/a.jsonl',
  'traces/a.ndjson',
  'traces/a.jsonl.gz',
  'traces/judgements.csv',
  'traces/train.parquet',
  'traces/2026-01-01_task.eval',
  'traces/name with spaces é.json',
])('an upload of %s starts a run', (key) => {
  expect(matches(pattern, uploaded(key))).toBe(true);
});

test.each([
  ['of another suffix', uploaded('traces/report.html')],
  ['of a folder', uploaded('traces/json/')],
  ['of a dataset by dpo start', uploaded('traces/started/r/0123456789ab/rows.json.dataset')],
  ['of a CSV by dpo start', uploaded('traces/started/r/0123456789ab/rows.csv.dataset')],
  ['with a suffix that only resembles', uploaded('traces/a.json.tmp')],
  ['elsewhere in the bucket', uploaded('other/a.json')],
  ['under a prefix that only resembles', uploaded('my-traces/a.json')],
  ['to the collections', uploaded('runs/a/manifest.json', { bucket: 'Collections' })],
  ['to the collections, under the prefix too', uploaded('traces/a.json', { bucket: 'Collections' })],
])('an upload %s starts none', (_, event) => {
  expect(matches(pattern, event)).toBe(false);
});

test.each(['Object Deleted', 'Object Tags Added', 'Object Restore Completed'])('%s starts none', (type) => {
  expect(matches(pattern, uploaded('traces/a.json', { type }))).toBe(false);
});

test('the state machine gets the event whole', () => {
  const [target] = Targets;
  expect(target.Arn).toBe('PipelineStateMachine');
  expect(Object.keys(target).filter((name) => name.startsWith('Input'))).toEqual([]);
});

test('an event that starts no run is tried again for a day, then kept for two weeks', () => {
  expect(Targets[0]).toMatchObject({
    RetryPolicy: { MaximumEventAgeInSeconds: 86_400, MaximumRetryAttempts: 185 },
    DeadLetterConfig: { Arn: 'UploadsDeadLetters.Arn' },
  });
  const ofUploads = ({ name }: { readonly name: string }) => name.startsWith('UploadsDeadLetters');
  expect(stack.all('AWS::SQS::Queue').filter(ofUploads)).toMatchObject([
    { properties: { MessageRetentionPeriod: 14 * 86_400 } },
  ]);
  const statement = (rest: object) => expect.objectContaining(rest);
  expect(stack.all('AWS::SQS::QueuePolicy').find(ofUploads)?.properties.PolicyDocument).toMatchObject({
    Statement: expect.arrayContaining([
      statement({ Effect: 'Deny', Condition: { Bool: { 'aws:SecureTransport': 'false' } } }),
      statement({ Effect: 'Allow', Action: 'sqs:SendMessage', Principal: { Service: 'events.amazonaws.com' } }),
    ]),
  });
});

describe('with a prefix of special characters', () => {
  // A star is refused: in a policy it would stand for other text.
  const own = ruleOf(synthesize({ tracesPrefix: 'a[b\\c/' })).EventPattern;

  test.each([
    ['a[b\\c/x.json', true],
    ['a[bc/x.json', false],
  ])('%s: %s', (key, expected) => {
    expect(matches(own, uploaded(key))).toBe(expected);
  });
});

describe('with a marker', () => {
  const marked = ruleOf(synthesize({ uploads: '{"marker":"_SUCCESS"}' }));

  test.each([
    ['traces/_SUCCESS', true],
    ['traces/step-100/_SUCCESS', true],
    ['traces/step-100/not_SUCCESS', false],
    ['traces/step-100/_SUCCESS.json', false],
    ['traces/step-100/rank-0.jsonl', false],
    ['other/_SUCCESS', false],
  ])('an upload of %s starts a run: %s', (key, expected) => {
    expect(matches(marked.EventPattern, uploaded(key))).toBe(expected);
  });

  test('the state machine gets the event, at once', () => {
    expect(marked.Targets[0].Arn).toBe('PipelineStateMachine');
  });

  test('run.json may be the marker', () => {
    const { EventPattern: own } = ruleOf(synthesize({ uploads: { marker: 'run.json' } }));
    expect(matches(own, uploaded('traces/a/run.json'))).toBe(true);
    expect(matches(own, uploaded('traces/a/b.json'))).toBe(false);
  });
});

describe('with quiet minutes', () => {
  const quiet = synthesize({ uploads: { quietMinutes: 5 } });

  test('events wait in a queue for so long, and start no run themselves', () => {
    const { Targets: targets, EventPattern: same } = ruleOf(quiet);
    expect(same).toEqual(pattern);
    expect(targets[0]).toMatchObject({
      Arn: 'UploadsGatheredQueue.Arn',
      DeadLetterConfig: { Arn: 'UploadsDeadLetters.Arn' },
    });
    const queue = quiet.all('AWS::SQS::Queue').find(({ name }) => name === 'UploadsGatheredQueue');
    expect(queue?.properties).toMatchObject({
      ...{ DelaySeconds: 300, MessageRetentionPeriod: 14 * 86_400 },
      RedrivePolicy: { deadLetterTargetArn: 'UploadsDeadLetters.Arn', maxReceiveCount: 5 },
    });
  });

  test('a call that failed is seen again only after the function has ended', () => {
    const gather = quiet
      .all('AWS::Lambda::Function')
      .find(({ name }) => name === 'UploadsGatheredGatherUploads')?.properties;
    const queue = quiet.all('AWS::SQS::Queue').find(({ name }) => name === 'UploadsGatheredQueue')?.properties;
    const [mapping] = quiet.all('AWS::Lambda::EventSourceMapping').map(({ properties }) => properties);
    expect(mapping).toMatchObject({
      ...{ FunctionResponseTypes: ['ReportBatchItemFailures'], ScalingConfig: { MaximumConcurrency: 2 } },
      MaximumBatchingWindowInSeconds: expect.any(Number),
    });
    const busy = Number(gather?.Timeout) + Number(mapping?.MaximumBatchingWindowInSeconds);
    expect(Number(queue?.VisibilityTimeout)).toBeGreaterThanOrEqual(busy);
  });
});

test.each([{ marker: '_SUCCESS' }, { quietMinutes: 5 }])(
  'a prefix that ends in no folder is refused where uploads are gathered by folder: %j',
  (uploads) => {
    // In `traces/a.json` and `traces/b.json` the folder is one; an upload of the second is none of this prefix.
    expect(() => synthesize({ uploads, tracesPrefix: 'traces/a' })).toThrow(
      'tracesPrefix is "traces/a", and uploads are gathered by folder: end it in "/", or set uploads to each.',
    );
    for (const tracesPrefix of ['', 'traces/', 'team/traces/']) synthesize({ uploads, tracesPrefix });
  },
);

const FORMS = 'must be "each", {"marker":"_SUCCESS"} or {"quietMinutes":5}';
const NAMES = 'must be run.json, or the name of a file without a dot, such as _SUCCESS';

test.each([
  ['every', FORMS],
  ['{"quiet', 'must be JSON, but is {"quiet'],
  ['{"marker":"a.json"}', NAMES],
  ['{"marker":".done"}', NAMES],
  ['{"marker":"a/b"}', NAMES],
  ['{"quietMinutes":0}', 'must be 1 to 15 minutes'],
  ['{"quietMinutes":16}', 'must be 1 to 15 minutes'],
])('the option %s is refused, with what there is', (uploads, message) => {
  expect(() => synthesize({ uploads })).toThrow(message);
});

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import * as z from 'zod';
import { idleQueueCosts } from '../../bench/upload-costs.ts';
import { PipelineContext } from '../../infra/context.ts';
import { pipelineDefinition } from '../../infra/state-machine.ts';
import { DEFAULT_CEILINGS } from '../../lib/contract/ceilings.ts';
import { synthesize } from '../infra/synthesized.ts';
import { ROOT } from './pages.ts';

const PAGE = readFileSync(join(ROOT, 'docs/operations.md'), 'utf8').replace(/\s+/g, ' ');
const stack = synthesize();
const DAY = 86_400;

/** The first cells of the table rows, each name in code apart. */
const firstCells = new Set(
  [...PAGE.matchAll(/\| ((?:`[^`]+`(?:, )?)+) \|/g)].flatMap(([, cell = '']) =>
    [...cell.matchAll(/`([^`]+)`/g)].map(([, name]) => name),
  ),
);

test.each(Object.keys(PipelineContext.shape).filter((name) => name !== 'secretArns'))(
  'the option %s has its line',
  (name) => {
    expect(firstCells).toContain(name);
  },
);

test('the ceilings have their lines, with their defaults', () => {
  const { minShardBytes, maxShardBytes, maxChildren, maxWorkflowSeconds, maxConcurrency } = DEFAULT_CEILINGS;
  for (const name of Object.keys(DEFAULT_CEILINGS)) expect(firstCells).toContain(name);
  expect(PAGE).toContain(`| ${minShardBytes / 2 ** 20} MiB, ${maxShardBytes / 2 ** 30} GiB |`);
  for (const most of [maxChildren, maxWorkflowSeconds]) expect(PAGE).toContain(`| ${most.toLocaleString('en')} |`);
  expect(PAGE).toContain(`| ${maxConcurrency.toLocaleString('en')}, or \`reservedConcurrency\``);
});

test('the least of reservedConcurrency is what the stack refuses less than', () => {
  const [, least = ''] = /most that it takes; at least (\d+) \|/.exec(PAGE) ?? [];
  expect(() => synthesize({ reservedConcurrency: String(Number(least) - 1) })).toThrow('reservedConcurrency');
  expect(() => synthesize({ reservedConcurrency: least })).not.toThrow();
});

test('quiet minutes may be as many as the page says, and an idle queue costs what it says', () => {
  const [, least, most] = /without a new file for (\d+) to (\d+) minutes/.exec(PAGE) ?? [];
  const quiet = (minutes: number) => () => synthesize({ uploads: { quietMinutes: minutes } });
  for (const minutes of [Number(least), Number(most)]) expect(quiet(minutes)).not.toThrow();
  for (const minutes of [Number(least) - 1, Number(most) + 1]) expect(quiet(minutes)).toThrow('uploads');
  expect(PAGE).toContain(`an idle queue costs $${idleQueueCosts().toFixed(2)} a month`);
});

test('the alarms are met where the page says', () => {
  const Alarm = z.object({ AlarmDescription: z.string(), Threshold: z.number() });
  const thresholds = new Map(
    stack
      .all('AWS::CloudWatch::Alarm')
      .map(({ properties }) => Alarm.parse(properties))
      .map(({ AlarmDescription, Threshold }) => [AlarmDescription.replace(/^.*#/, ''), Threshold]),
  );
  expect(PAGE).toContain(`In the last hour, ${thresholds.get('rejected-share')} % of the records or more`);
  expect(PAGE).toContain(`${thresholds.get('map-runs-open')} of the account's 1,000 open map runs`);
});

test('an execution, a function and a throttled step take as long as the page says', () => {
  const machine = pipelineDefinition({ partition: 'aws', collections: 'collections', functionArn: (name) => name });
  const { TimeoutSeconds } = z.object({ TimeoutSeconds: z.number() }).parse(machine);
  expect(PAGE).toContain(`was not over after ${Math.floor(TimeoutSeconds / DAY)} days`);
  const Timeout = z.object({ Timeout: z.number() });
  const longest = Math.max(
    ...stack.all('AWS::Lambda::Function').map(({ properties }) => Timeout.parse(properties).Timeout),
  );
  expect(PAGE).toContain(`| ${longest / 60} minutes of a function |`);
  const Throttled = z.object({ MaxDelaySeconds: z.number(), MaxAttempts: z.number() });
  const [, retrier = '{}'] = /(\{[^{}]*"Lambda.TooManyRequestsException"[^{}]*\})/.exec(JSON.stringify(machine)) ?? [];
  const { MaxDelaySeconds, MaxAttempts } = Throttled.parse(JSON.parse(retrier));
  // Full jitter: half of the delay, on average.
  expect(PAGE).toContain(`Calls wait, for up to ${Math.floor((MaxAttempts * MaxDelaySeconds) / 2 / 3600)} hours`);
});

test('what is kept is kept as long as the page says', () => {
  const Queue = z.object({ MessageRetentionPeriod: z.number() });
  const [queue] = stack.all('AWS::SQS::Queue').map(({ properties }) => Queue.parse(properties).MessageRetentionPeriod);
  expect(PAGE.match(/The event waits (\d+) days/g)).toEqual(
    Array(2).fill(`The event waits ${Number(queue) / DAY} days`),
  );
  const rules = JSON.stringify(stack.all('AWS::S3::Bucket'));
  const [, shards] = /"ExpirationInDays":(\d+)/.exec(rules) ?? [];
  const [, old] = /"NoncurrentDays":(\d+)/.exec(rules) ?? [];
  expect(PAGE).toContain(`on AWS ${shards} days, by the tag`);
  expect(PAGE).toContain(`| old versions in the collections bucket | what they held | ${old} days |`);
  const Logs = z.object({ RetentionInDays: z.number() });
  const logs = new Set(
    stack.all('AWS::Logs::LogGroup').map(({ properties }) => Logs.parse(properties).RetentionInDays),
  );
  expect([...logs]).toEqual([90]);
  expect(PAGE).toContain('| logs | counts, settings, offsets; no prompt, answer or secret | three months |');
  const [, hours] = /could not start a run within (\d+) hours/.exec(PAGE) ?? [];
  expect(JSON.stringify(stack.all('AWS::Events::Rule'))).toContain(
    `"MaximumEventAgeInSeconds":${Number(hours) * 3600}`,
  );
});

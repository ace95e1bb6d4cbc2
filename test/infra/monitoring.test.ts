import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { COUNTS, STAGES } from '../../functions/observability/metric-names.ts';
import { metricInWords } from './metric-in-words.ts';
import { synthesize } from './synthesized.ts';

const stack = synthesize();
const Alarm = z.object({
  AlarmDescription: z.string(),
  Threshold: z.number(),
  EvaluationPeriods: z.int(),
  TreatMissingData: z.literal('notBreaching'),
  ComparisonOperator: z.literal('GreaterThanOrEqualToThreshold'),
  AlarmActions: z.array(z.string()).optional(),
  OKActions: z.array(z.string()).optional(),
});
const alarmsOf = ({ all }: typeof stack) =>
  all('AWS::CloudWatch::Alarm').map(({ name, properties }) => ({
    name: name.replace('Monitoring', ''),
    metric: metricInWords(properties),
    ...Alarm.parse(properties),
  }));
const alarms = alarmsOf(stack);

test('alarms call an operator for what fails, what lasts, what is lost, and what comes near its limit', () => {
  expect(
    alarms.map(({ name, metric, Threshold, EvaluationPeriods }) => [name, metric, Threshold, EvaluationPeriods]),
  ).toEqual([
    ['RunsFailed', 'Sum of AWS/States ExecutionsFailed of PipelineStateMachine over 300 s', 1, 1],
    ['RunsTimedOut', 'Sum of AWS/States ExecutionsTimedOut of PipelineStateMachine over 300 s', 1, 1],
    ['RunsThrottled', 'Sum of AWS/States ExecutionThrottled of PipelineStateMachine over 300 s', 1, 3],
    [
      'FunctionsThrottled',
      `SUM([m0, m1, m2, m3, m4, m5, m6, m7, m8, m9]): ${[
        ...['Evaluate', 'GroupCandidates', 'BuildShard', 'Choose', 'WriteDatasets', 'Finalize', 'RunWorkflow'],
        ...['SubmitTraining', 'CheckTraining', 'DeployModel'],
      ]
        .map((name) => `Sum of AWS/Lambda Throttles of Pipeline${name} over 300 s`)
        .join(', ')}`,
      1,
      3,
    ],
    [
      'RejectedShare',
      `IF(items > 0, 100 * rejected / items, 0): Sum of DpoTrajectories Items of ${service()} over 3600 s, Sum of DpoTrajectories RejectedItems of ${service()} over 3600 s`,
      5,
      1,
    ],
    ['MapRunsOpen', 'Maximum of AWS/States ApproximateOpenMapRunCount over 300 s', 900, 1],
    [
      'UploadsWithoutRun',
      'Maximum of AWS/SQS ApproximateNumberOfMessagesVisible of UploadsDeadLetters.QueueName over 300 s',
      1,
      1,
    ],
    [
      'UnrecordedEnds',
      'Maximum of AWS/SQS ApproximateNumberOfMessagesVisible of PipelineUnrecordedEnds.QueueName over 300 s',
      1,
      1,
    ],
  ]);
});

describe('the runbook in docs/operations.md', () => {
  const page = readFileSync(new URL('../../docs/operations.md', import.meta.url), 'utf8');
  const [, runbook = ''] = /^## Alarms\n([\s\S]*?)^## /m.exec(page) ?? [];
  const sections = new Map(
    runbook
      .split(/^### /m)
      .slice(1)
      .map((section) => {
        const [title = ''] = section.split('\n', 1);
        return [title.toLowerCase().replaceAll(' ', '-'), section];
      }),
  );

  test.each(alarms)('$name links to its section', ({ AlarmDescription }) => {
    const [, anchor = ''] = /docs\/operations\.md#([\w-]+)$/.exec(AlarmDescription) ?? [];
    const section = sections.get(anchor);
    for (const part of ['Meaning', 'Look', 'Do']) {
      expect(section).toMatch(new RegExp(`^\\*\\*${part}\\.\\*\\* \\S.{40,}`, 'm'));
    }
  });

  test('has no section of an alarm that is none', () => {
    expect(sections.size).toBe(alarms.length);
  });
});

test('alarms go to the topic that is given, and so does their end; without one nowhere', () => {
  for (const { AlarmActions, OKActions } of alarms) expect([AlarmActions, OKActions]).toEqual([undefined, undefined]);
  const topic = 'arn:aws:sns:eu-central-1:123456789012:on-call';
  for (const { AlarmActions, OKActions } of alarmsOf(synthesize({ alarmTopicArn: topic }))) {
    expect([AlarmActions, OKActions]).toEqual([[topic], [topic]]);
  }
});

describe('the dashboard', () => {
  const [dashboard] = stack.all('AWS::CloudWatch::Dashboard');
  const body = String(dashboard?.properties.DashboardBody);
  const { widgets } = z
    .object({ widgets: z.array(z.object({ type: z.string(), properties: z.record(z.string(), z.unknown()) })) })
    .parse(JSON.parse(body));

  test('shows runs and shards, durations, items and pairs, losses, errors, throttles and limits', () => {
    expect(widgets.filter(({ type }) => type === 'metric').map(({ properties }) => properties.title)).toEqual([
      ...['Runs', 'Duration of runs, ms', 'Shards planned'],
      ...['Items, candidates, pairs', 'Trace bytes read', 'Examples asked of workflows'],
      ...['Rejected items, %', 'Rejected items and candidates, by reason', 'Failed calls of the steps'],
      ...['Longest call, s', 'Throttled', 'Map Runs, and events in dead-letter queues'],
    ]);
  });

  test.each(Object.keys(COUNTS).filter((name) => name !== 'RejectedCandidates'))('shows %s', (name) => {
    expect(body).toContain(`"DpoTrajectories","${name}","service","${service()}"`);
  });

  test('shows the time of every step, and the losses by reason', () => {
    for (const stage of STAGES) expect(body).toContain(`"Seconds","service","${service()}","stage","${stage}"`);
    expect(body).toContain(`MetricName=\\"Rejected\\" service=\\"${service()}\\"`);
  });
});

/** By which the functions' metrics are told from another pipeline's. */
function service(): string {
  const Environment = z.object({ Variables: z.object({ POWERTOOLS_SERVICE_NAME: z.string() }) });
  const names = stack
    .all('AWS::Lambda::Function')
    .map(({ properties }) => Environment.parse(properties.Environment).Variables.POWERTOOLS_SERVICE_NAME);
  return z.tuple([z.string()]).parse([...new Set(names)])[0];
}

import { expect, test } from 'vitest';
import * as z from 'zod';
import { endOf } from '../support/ended-execution.ts';
import { matches } from './event-pattern.ts';
import { synthesize } from './synthesized.ts';

const stack = synthesize();
const { EventPattern: pattern, Targets } = z
  .object({ EventPattern: z.unknown(), Targets: z.tuple([z.record(z.string(), z.unknown())]) })
  .parse(stack.all('AWS::Events::Rule').find(({ name }) => name === 'PipelineEndRule')?.properties);

const MACHINE = 'PipelineStateMachine';

test.each(['FAILED', 'TIMED_OUT', 'ABORTED'])('an execution that ends as %s is told to RecordFailure', (status) => {
  expect(matches(pattern, endOf('r', {}, { status, stateMachineArn: MACHINE }))).toBe(true);
});

test.each(['RUNNING', 'SUCCEEDED'])('one that is %s is not', (status) => {
  expect(matches(pattern, endOf('r', {}, { status, stateMachineArn: MACHINE }))).toBe(false);
});

test.each([
  ['of a map', `${MACHINE}/BuildShards`],
  ["of a map's run without a Label", `${MACHINE}/8c9dd6c6-f907-3584-9153-f8a2f1bfe7ce`],
  ['of another state machine', `${MACHINE}2`],
])('an execution %s is not', (_, stateMachineArn) => {
  expect(matches(pattern, endOf('r', {}, { status: 'ABORTED', stateMachineArn }))).toBe(false);
});

test('RecordFailure gets the event whole, and what it cannot be given is kept after a day of tries', () => {
  const [target] = Targets;
  expect(target).toMatchObject({
    Arn: 'PipelineRecordFailure.Arn',
    RetryPolicy: { MaximumEventAgeInSeconds: 86_400, MaximumRetryAttempts: 185 },
    DeadLetterConfig: { Arn: 'PipelineUnrecordedEnds.Arn' },
  });
  expect(Object.keys(target).filter((name) => name.startsWith('Input'))).toEqual([]);
});

test('what RecordFailure fails at for good is kept in the same queue, and only the rule may call it besides', () => {
  const queued = stack.all('AWS::Lambda::Function').filter(({ properties }) => properties.DeadLetterConfig);
  expect(queued).toMatchObject([
    {
      name: 'PipelineRecordFailure',
      properties: { DeadLetterConfig: { TargetArn: 'PipelineUnrecordedEnds.Arn' } },
    },
  ]);
  expect(stack.all('AWS::Lambda::Permission').map(({ properties }) => properties)).toEqual([
    {
      Action: 'lambda:InvokeFunction',
      FunctionName: 'PipelineRecordFailure.Arn',
      Principal: 'events.amazonaws.com',
      SourceArn: 'PipelineEndRule.Arn',
    },
  ]);
});

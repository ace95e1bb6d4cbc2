import aslValidator from 'asl-validator';
import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { STEPS } from '../../lib/contract/steps.ts';
import { type Definition, supported } from '../support/asl/asl.ts';
import { synthesize } from './synthesized.ts';

const stack = synthesize();
const Deployed = z.object({
  DefinitionString: z.string(),
  TracingConfiguration: z.unknown(),
  LoggingConfiguration: z.unknown(),
});
const [stateMachine] = stack.all('AWS::StepFunctions::StateMachine');
const deployed = Deployed.parse(stateMachine?.properties);
const text = deployed.DefinitionString.replaceAll('arn:Partition:', 'arn:aws:');
const definition = supported(JSON.parse(text));

type State = Definition['States'][string];
type Task = Extract<State, { Type: 'Task' }>;

type Map = Extract<State, { Type: 'Map' }>;

const maps = Object.entries(definition.States).filter((entry): entry is [string, Map] => entry[1].Type === 'Map');
/** The machine's own states, and those of each map's children. */
const machines = [definition.States, ...maps.map(([, map]) => map.ItemProcessor.States)];
const tasks = machines.flatMap((states) =>
  Object.entries(states).filter((entry): entry is [string, Task] => entry[1].Type === 'Task'),
);
const functionOf = ({ Parameters }: Task) => ('FunctionName' in Parameters ? Parameters.FunctionName : undefined);
const steps = tasks.filter(([, task]) => functionOf(task));

test('is sound Amazon States Language', () => {
  const { isValid, errorsText } = aslValidator(JSON.parse(text));
  expect(errorsText()).toBe('');
  expect(isValid).toBe(true);
});

test('names the partition of no ARN, and every function by what CloudFormation makes of it', () => {
  expect(deployed.DefinitionString).not.toContain('arn:aws:');
  expect(deployed.DefinitionString).toContain('arn:Partition:states:::lambda:invoke');
  expect(deployed).not.toHaveProperty('DefinitionSubstitutions');
});

test('is traced, and logs what happened without the data that passed', () => {
  expect(deployed.TracingConfiguration).toEqual({ Enabled: true });
  expect(deployed.LoggingConfiguration).toMatchObject({ Level: 'ALL', IncludeExecutionData: false });
});

test('has a step for each function, and ends some day: after the longest training that it follows', () => {
  expect(steps.map(([, step]) => functionOf(step)).toSorted()).toEqual(
    STEPS.map((name) => `Pipeline${name}.Arn`).toSorted(),
  );
  expect(definition.TimeoutSeconds).toBe(2_000_000);
});

describe.each(steps)('the step %s', (_, step) => {
  test('waits longer than its function may take, so that the function is over when it is tried again', () => {
    expect(step.TimeoutSeconds).toBeGreaterThan(900);
  });

  test.each([
    'Lambda.ServiceException',
    'Lambda.AWSLambdaException',
    'Lambda.SdkClientException',
    'Lambda.TooManyRequestsException',
    'Lambda.ENILimitReachedException',
    'StoreUnavailable',
    'States.Timeout',
    'Sandbox.Timedout',
    'Runtime.ExitError',
    'Runtime.OutOfMemory',
    'Lambda.Unknown',
  ])('is tried again after %s, at random times', (error) => {
    const retry = step.Retry?.find(({ ErrorEquals }) => ErrorEquals.includes(error));
    expect(retry).toMatchObject({ JitterStrategy: 'FULL', MaxAttempts: expect.any(Number) });
    expect(retry?.MaxDelaySeconds).toBeGreaterThanOrEqual(60);
  });

  test('is not tried again for a failure that stays', () => {
    const names = step.Retry?.flatMap(({ ErrorEquals }) => ErrorEquals);
    expect(names).not.toContain('States.ALL');
    expect(names).not.toContain('States.TaskFailed');
  });
});

test.each(tasks)('whatever fails %s ends in a Fail that keeps the error', (name, { Catch }) => {
  const states = machines.find((each) => name in each) ?? {};
  const all = Catch?.find(({ ErrorEquals }) => ErrorEquals.includes('States.ALL'));
  expect(endings(states, all?.Next)).toEqual(['Fail']);
});

test('runs a child execution for each batch of the dataset, each slice of a scattered source and, twice, each shard of the plan', () => {
  expect(
    maps.map(([name, { Label, ItemReader, MaxConcurrencyPath }]) => ({ name, Label, ItemReader, MaxConcurrencyPath })),
  ).toEqual(
    [
      ['RunWorkflow', '$.workflow.key', '$.workflow.max_concurrency'],
      ['GroupCandidates', '$.grouping.key', '$.max_concurrency'],
      ['BuildShards', '$.plan.key', '$.max_concurrency'],
      ['WriteDatasets', '$.plan.key', '$.max_concurrency'],
    ].map(([name, key, MaxConcurrencyPath]) => ({
      name,
      Label: name,
      ItemReader: {
        Resource: 'arn:aws:states:::s3:getObject',
        ReaderConfig: { InputType: 'JSON' },
        Parameters: { 'Bucket.$': '$.plan.bucket', 'Key.$': key },
      },
      MaxConcurrencyPath,
    })),
  );
});

describe.each(maps)('the map %s', (_, map) => {
  test('runs its children apart from the machine, whose history has an end', () => {
    expect(map.ItemProcessor.ProcessorConfig).toEqual({ Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' });
  });

  test('tolerates no failed child, which is the default: a missing shard is lost data', () => {
    expect(Object.keys(map).filter((name) => name.startsWith('ToleratedFailure'))).toEqual([]);
  });

  test('passes on none of what its children say, which has no bound', () => {
    expect(map).toMatchObject({ ResultPath: null, ResultWriter: { Resource: 'arn:aws:states:::s3:putObject' } });
  });

  test('writes it at a place that no path of an input names: interpreters do not agree whose that would be', () => {
    expect(map.ResultWriter.Parameters).toEqual({
      Bucket: 'Collections',
      'Prefix.$': "States.Format('maps/{}', $$.Execution.Name)",
    });
  });

  test('is failed by the error of its child, read from where the child leaves it', () => {
    const [caught, ...others] = map.Catch ?? [];
    expect([caught?.ErrorEquals, others]).toEqual([['States.ALL'], []]);
    const after = Passing.parse(definition.States[caught?.Next ?? '']);
    expect(after.Next).toBe('ReadFailure');
    expect(map.ItemSelector).toMatchObject({ failure_at: after.Parameters.child_failure });
    expect(definition.States.ReadFailure).toMatchObject({
      Parameters: { 'Bucket.$': '$.child_failure.bucket', 'Key.$': '$.child_failure.key' },
      Next: 'RecordFailure',
    });
  });
});

const failures = machines.flatMap((states) =>
  Object.entries(states)
    .filter(([, { Type }]) => Type === 'Fail')
    .map(([name, state]) => ({ name, state })),
);

test.each(failures)('$name keeps the name of the error and its cause', ({ state }) => {
  expect(state).toMatchObject({ ErrorPath: '$.failure.Error', CausePath: '$.failure.Cause' });
});

const ofTheRun = Object.entries(definition.States).filter(
  ([name, { Type }]) => (Type === 'Task' || Type === 'Map') && !['ReadFailure', 'RecordFailure'].includes(name),
);

test.each(ofTheRun)('the failure of %s is recorded under its name', (name, state) => {
  const caught = 'Catch' in state ? state.Catch?.map(({ Next }) => Next) : [];
  expect(caught).toEqual([`${name}Failed`]);
  const { Parameters, Next } = Passing.parse(definition.States[`${name}Failed`]);
  expect(Parameters.state).toBe(name);
  expect(['ReadFailure', 'RecordFailure']).toContain(Next);
});

test('a failure that cannot be recorded ends the run by its own name all the same, unless that is of Step Functions', () => {
  expect(definition.States.RecordFailure).toMatchObject({
    Catch: [{ ErrorEquals: ['States.ALL'], ResultPath: '$.not_recorded', Next: 'NotRecorded' }],
    Next: 'Failed',
  });
  expect(definition.States.NotRecorded).toMatchObject({ Default: 'Failed' });
});

const Passing = z.object({
  Type: z.literal('Pass'),
  Parameters: z.object({ state: z.string(), child_failure: z.unknown().optional() }),
  Next: z.string(),
});

/** The types of the states that this one ends in, of Fail states only those that keep an error. */
function endings(states: Definition['States'], from: string | undefined): string[] {
  const state = from === undefined ? undefined : states[from];
  if (!state) return [];
  if (state.Type === 'Fail') return state.ErrorPath && state.CausePath ? ['Fail'] : ['Fail without its error'];
  const next = 'Next' in state ? [state.Next] : [];
  const chosen = state.Type === 'Choice' ? [...state.Choices.map(({ Next }) => Next), state.Default] : [];
  const caught = 'Catch' in state ? (state.Catch ?? []).map(({ Next }) => Next) : [];
  const ends = [...next, ...caught, ...chosen].flatMap((name) => endings(states, name));
  return [...new Set(ends.length > 0 ? ends : [state.Type])];
}

import aslValidator from 'asl-validator';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { type Definition, supported } from '../../cli/local/asl.ts';
import { synthesize } from './synthesized.ts';

const stack = synthesize();
const Deployed = z.object({
  DefinitionString: z.string(),
  DefinitionSubstitutions: z.record(z.string(), z.string()),
  TracingConfiguration: z.unknown(),
  LoggingConfiguration: z.unknown(),
});
const [stateMachine] = stack.all('AWS::StepFunctions::StateMachine');
const deployed = Deployed.parse(stateMachine?.properties);
const definition = supported(JSON.parse(deployed.DefinitionString));

/** By their functions. */
const STEPS = [
  ...['Evaluate', 'RunWorkflow', 'PlanTraces', 'BuildShard', 'Finalize'],
  ...['SubmitTraining', 'CheckTraining', 'DeployModel'],
];

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

test('is sound Amazon States Language once its substitutions are made', () => {
  const { DefinitionString, DefinitionSubstitutions } = deployed;
  expect(DefinitionSubstitutions).toEqual(
    Object.fromEntries(STEPS.map((name) => [`${name}Function`, `Pipeline${name}.Arn`])),
  );
  const resolved = DefinitionString.replaceAll(/\$\{(\w+)\}/g, (whole, name) => DefinitionSubstitutions[name] ?? whole);
  expect(resolved).not.toContain('${');
  const { isValid, errorsText } = aslValidator(JSON.parse(resolved));
  expect(errorsText()).toBe('');
  expect(isValid).toBe(true);
});

test('is traced, and logs failures without the data that passed', () => {
  expect(deployed.TracingConfiguration).toEqual({ Enabled: true });
  expect(deployed.LoggingConfiguration).toMatchObject({ Level: 'ERROR', IncludeExecutionData: false });
});

test('has a step a function, and ends some day: after the longest training that it follows', () => {
  expect(steps.map(([, step]) => functionOf(step)).toSorted()).toEqual(
    STEPS.map((name) => `\${${name}Function}`).toSorted(),
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
    'StoreUnavailable',
    'States.Timeout',
  ])('is tried again after %s, at random times', (error) => {
    const retry = step.Retry?.find(({ ErrorEquals }) => ErrorEquals.includes(error));
    expect(retry).toMatchObject({ JitterStrategy: 'FULL', MaxAttempts: expect.any(Number), MaxDelaySeconds: 60 });
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

test('runs a child execution for each batch of the dataset, and for each shard of the plan', () => {
  expect(
    maps.map(([name, { Label, ItemReader, MaxConcurrencyPath }]) => ({ name, Label, ItemReader, MaxConcurrencyPath })),
  ).toEqual(
    [
      ['RunWorkflow', '$.workflow.key', '$.workflow.max_concurrency'],
      ['BuildShards', '$.plan.key', '$.max_concurrency'],
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

  test('fails with its first child', () => {
    expect(map).toMatchObject({ ToleratedFailurePercentage: 0 });
  });

  test('passes on none of what its children say, which has no bound', () => {
    expect(map).toMatchObject({ ResultPath: null, ResultWriter: { Resource: 'arn:aws:states:::s3:putObject' } });
  });

  test('ends, when it fails, in a Fail with the error of the child', () => {
    expect(map.Catch?.map(({ ErrorEquals, Next }) => [ErrorEquals, Next])).toEqual([
      [['States.ExceedToleratedFailureThreshold'], 'ReadFailure'],
      [['States.ALL'], 'Failed'],
    ]);
    expect(endings(definition.States, 'ReadFailure')).toEqual(['Fail']);
  });

  test('reads the error of the child from where the child leaves it', () => {
    const { ReadFailure } = definition.States;
    const { failure_at } = z.object({ failure_at: z.unknown() }).parse(map.ItemSelector);
    const read = ReadFailure?.Type === 'Task' ? ReadFailure.Parameters : {};
    expect(failure_at).toEqual({
      'bucket.$': 'Bucket.$' in read ? read['Bucket.$'] : undefined,
      'key.$': 'Key.$' in read ? read['Key.$'] : undefined,
    });
  });
});

/** The types of the states that this one ends in, of Fail states only those that keep an error. */
function endings(states: Definition['States'], from: string | undefined): string[] {
  const state = from === undefined ? undefined : states[from];
  if (!state) return [];
  if (state.Type === 'Fail') return state.ErrorPath && state.CausePath ? ['Fail'] : ['Fail without its error'];
  const next = 'Next' in state ? [state.Next] : [];
  const caught = 'Catch' in state ? (state.Catch ?? []).map(({ Next }) => Next) : [];
  const ends = [...next, ...caught].flatMap((name) => endings(states, name));
  return [...new Set(ends.length > 0 ? ends : [state.Type])];
}

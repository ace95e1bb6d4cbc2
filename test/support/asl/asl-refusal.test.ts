import { expect, test } from 'vitest';
import { UnsupportedDefinition } from './asl-runner.ts';
import { invoke, map, only, run } from './machine.ts';

const { FunctionName } = invoke('Step').Parameters;
const task = (rest: object) => only({ ...invoke('Step'), ...rest });
const parameters = (rest: object) => task({ Parameters: { FunctionName, ...rest } });
const payload = (expression: string) => parameters({ Payload: { 'field.$': expression } });
const pass = (rest: object) => only({ Type: 'Pass', End: true, ...rest });
const aMap = (rest: object) => only(map(rest));
const processor = (rest: object) => aMap({ ItemProcessor: { ...map().ItemProcessor, ...rest } });
const reader = (rest: object) => aMap({ ItemReader: { ...map().ItemReader, ...rest } });
const selector = (expression: string) => aMap({ ItemSelector: { 'field.$': expression } });

/** What is asked for, and what the refusal names. */
const REFUSED: readonly (readonly [string, object])[] = [
  ['QueryLanguage', only({ Type: 'Succeed' }, { QueryLanguage: 'JSONata' })],
  ['Version', only({ Type: 'Succeed' }, { Version: '1.0' })],
  ['States.Only.QueryLanguage', task({ QueryLanguage: 'JSONata' })],
  ['States.Only.Assign', task({ Assign: { a: 1 } })],
  ['States.Only.Arguments', task({ Arguments: {} })],
  ['States.Only.Output', task({ Output: '{% $states.result %}' })],
  ['States.Only.HeartbeatSeconds', task({ HeartbeatSeconds: 10 })],
  ['States.Only.TimeoutSecondsPath', task({ TimeoutSecondsPath: '$.a' })],
  ['States.Only.Credentials', task({ Credentials: { RoleArn: 'arn' } })],
  ['States.Only.TimeoutSeconds', task({ TimeoutSeconds: undefined })],
  ['States.Only.TimeoutSeconds', task({ TimeoutSeconds: 99_999_999 })],
  ['States.Only.Resource', task({ Resource: 'arn:aws:states:::lambda:invoke.waitForTaskToken' })],
  ['States.Only.Resource', task({ Resource: 'arn:aws:states:::http:invoke' })],
  ['States.Only.Resource', task({ Resource: 'arn:aws:lambda:eu-west-1:123456789012:function:step' })],
  ['States.Only.Parameters.Qualifier', parameters({ Qualifier: '1' })],
  ['States.Only.Parameters.InvocationType', parameters({ InvocationType: 'Event' })],
  ['States.Only.Retry.0.Surprise', task({ Retry: [{ ErrorEquals: ['States.ALL'], Surprise: 1 }] })],
  ['States.Only.Retry.0.JitterStrategy', task({ Retry: [{ ErrorEquals: ['States.ALL'], JitterStrategy: 'HALF' }] })],
  ['States.Only.Catch.0.Assign', task({ Catch: [{ ErrorEquals: ['States.ALL'], Assign: {}, Next: 'Only' }] })],
  ['States.Only.Catch.0.ResultPath', task({ Catch: [{ ErrorEquals: ['States.ALL'], ResultPath: '$', Next: 'Only' }] })],
  ['"$$.Task.Token"', payload('$$.Task.Token')],
  ['"$$.State.EnteredTime"', payload('$$.State.EnteredTime')],
  ['"$$.Execution.StartTime"', payload('$$.Execution.StartTime')],
  ['"$$.Map.Item.Value"', payload('$$.Map.Item.Value')],
  ['"States.UUID()"', payload('States.UUID()')],
  ['"States.Hash', payload("States.Hash($.a, 'SHA-256')")],
  ['"States.Format(', payload("States.Format('\\\\{}', $.a)")],
  ['"States.Format(', payload("States.Format('{}', States.UUID())")],
  ['"$.items[?(@.a > 1)]"', payload('$.items[?(@.a > 1)]')],
  ['"$..a"', payload('$..a')],
  ['"$variable"', payload('$variable')],
  ['States.Only.InputPath', pass({ InputPath: '$.a[0]' })],
  ['States.Only.InputPath', pass({ InputPath: null })],
  ['States.Only.ResultPath', pass({ ResultPath: '$' })],
  ['States.Only.Result', pass({ Result: 0 })],
  ['States.Only.Timestamp', only({ Type: 'Wait', Timestamp: '2026-01-01T00:00:00Z', End: true })],
  ['States.Only.Choices.0.And', only({ Type: 'Choice', Choices: [{ And: [], Next: 'Only' }] })],
  [
    'States.Only.Choices.0.StringLessThan',
    only({ Type: 'Choice', Choices: [{ Variable: '$.a', StringLessThan: 'b', Next: 'Only' }] }),
  ],
  ['States.Only.Type', only({ Type: 'Parallel', Branches: [], End: true })],
  ['States.Only.ItemBatcher', aMap({ ItemBatcher: { MaxItemsPerBatch: 10 } })],
  ['States.Only.ItemsPath', aMap({ ItemsPath: '$.items' })],
  ['States.Only.Iterator', aMap({ Iterator: {} })],
  ['States.Only.ItemReader', aMap({ ItemReader: undefined })],
  ['States.Only.ItemReader.Resource', reader({ Resource: 'arn:aws:states:::s3:listObjectsV2' })],
  ['States.Only.ItemReader.ReaderConfig.InputType', reader({ ReaderConfig: { InputType: 'JSONL' } })],
  ['States.Only.ItemReader.ReaderConfig.MaxItems', reader({ ReaderConfig: { InputType: 'JSON', MaxItems: 5 } })],
  ['States.Only.ToleratedFailurePercentage', aMap({ ToleratedFailurePercentage: 5 })],
  ['States.Only.ToleratedFailureCountPath', aMap({ ToleratedFailureCountPath: '$.a' })],
  ['States.Only.ResultWriter', aMap({ ResultWriter: undefined })],
  ['States.Only.ResultWriter.WriterConfig', aMap({ ResultWriter: { ...map().ResultWriter, WriterConfig: {} } })],
  ['States.Only.ResultPath', aMap({ ResultPath: '$.written' })],
  ['States.Only.ResultSelector', aMap({ ResultSelector: {} })],
  ['States.TaskFailed', aMap({ Retry: [{ ErrorEquals: ['States.TaskFailed'] }] })],
  ['States.Only.ItemProcessor.ProcessorConfig.Mode', processor({ ProcessorConfig: { Mode: 'INLINE' } })],
  ['ExecutionType', processor({ ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'EXPRESS' } })],
  [
    'States.Only.ItemProcessor.States.Build.Assign',
    processor({ States: { Build: invoke('Build', { Assign: {}, End: true }) } }),
  ],
  ['States.Only.ItemProcessor.States.Build.Type', processor({ States: { Build: map() } })],
  [
    '"$$.Execution.Name"',
    processor({ States: { Build: { Type: 'Pass', Parameters: { 'a.$': '$$.Execution.Name' }, End: true } } }),
  ],
  ['"$$.Map.Item.Key"', selector('$$.Map.Item.Key')],
];

test.each(REFUSED)('refuses %s before anything runs', async (named, definition) => {
  let called = false;
  const handler = async () => {
    called = true;
  };
  const refused = run({ definition, objects: { 'plan.json': [] }, handlers: { Step: handler, Build: handler } });
  await expect(refused).rejects.toThrow(UnsupportedDefinition);
  await expect(refused).rejects.toThrow(named);
  expect(called).toBe(false);
});

test('names every fault, wherever it stands', async () => {
  const definition = {
    StartAt: 'A',
    States: { A: invoke('Step', { HeartbeatSeconds: 1, Next: 'B' }), B: invoke('Step', { Assign: {}, End: true }) },
  };
  const refused = run({ definition, handlers: { Step: async () => null } });
  await expect(refused).rejects.toThrow('States.A.HeartbeatSeconds is not implemented; States.B.Assign is not');
});

test('refuses a task whose function has no handler, in a map too', async () => {
  await expect(run({ definition: only(invoke('Step')) })).rejects.toThrow('No handler was given for Step');
  await expect(run({ definition: only(map()) })).rejects.toThrow('No handler was given for Build');
});

test('refuses a state that leads nowhere', async () => {
  const definition = only({ Type: 'Pass', Next: 'Elsewhere' });
  await expect(run({ definition })).rejects.toThrow(UnsupportedDefinition);
});

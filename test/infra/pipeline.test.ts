import { expect, test } from 'vitest';
import { readAll } from '../../lib/objects/store.ts';
import type { Handler } from '../support/asl/asl-runner.ts';
import { failure } from '../support/asl/machine.ts';
import { asking, committed, LONGEST, next, planned, runPipeline } from './scripted-pipeline.ts';

const failing = (name: string, message: string): Handler => {
  return async () => {
    throw failure(name, message);
  };
};

test('goes from Evaluate by the shards of the plan to Finalize', async () => {
  const request = { run_id: 'run-1' };
  const { result, calls } = await runPipeline({}, request);
  expect(result).toEqual({ status: 'succeeded', output: committed });
  expect(calls).toEqual([
    { step: 'Evaluate', payload: { execution: 'execution-1', input: request } },
    ...[0, 1, 2].map((ordinal) => ({
      step: 'BuildShard',
      payload: { run_id: 'run-1', shard: { ordinal }, shards: 3 },
    })),
    { step: 'Finalize', payload: { run_id: 'run-1' } },
  ]);
});

test('chooses among the pairs and writes the datasets shard by shard, where files are asked for', async () => {
  const { calls } = await runPipeline({ Evaluate: async () => ({ ...planned, datasets: 'files' }) });
  expect(calls.slice(4)).toEqual([
    { step: 'Choose', payload: { run_id: 'run-1' } },
    ...[0, 1, 2].map((ordinal) => ({ step: 'WriteDatasets', payload: { run_id: 'run-1', ordinal } })),
    { step: 'Finalize', payload: { run_id: 'run-1' } },
  ]);
});

test('chooses and writes nothing, where a gate alone asks for facts', async () => {
  const { calls } = await runPipeline({ Evaluate: async () => ({ ...planned, datasets: 'facts' }) });
  expect(calls.slice(4).map(({ step }) => step)).toEqual(['Choose', 'Finalize']);
});

test('asks a live workflow batch by batch, each in as many rounds as it takes, and goes on with its traces', async () => {
  const { calls } = await runPipeline({ Evaluate: async () => asking, RunWorkflow: LONGEST.RunWorkflow });
  const rounds = (ordinal: number) => {
    const first = { run_id: 'run-1', batch: { ordinal } };
    return [first, { ...first, tried: 1, done: false }];
  };
  expect(calls.slice(1, 6)).toEqual([
    ...[...rounds(0), ...rounds(1)].map((payload) => ({ step: 'RunWorkflow', payload })),
    { step: 'PlanTraces', payload: { run_id: 'run-1' } },
  ]);
  expect(calls.slice(6).map(({ step }) => step)).toEqual(['BuildShard', 'BuildShard', 'BuildShard', 'Finalize']);
  expect(calls.at(-1)?.payload).toEqual({ run_id: 'run-1' });
});

test('builds no shard of a run that is committed', async () => {
  const before = { ...planned, status: 'committed' };
  const { calls } = await runPipeline({ Evaluate: async () => before });
  expect(calls.map(({ step }) => step)).toEqual(['Evaluate', 'Finalize']);
});

test('goes on to training where Finalize says so, until that is done', async () => {
  const { result, calls } = await runPipeline({ Finalize: async () => ({ ...committed, train: true }) });
  expect(calls.map(({ step }) => step).slice(-4)).toEqual([
    'Finalize',
    'SubmitTraining',
    'CheckTraining',
    'DeployModel',
  ]);
  expect(result).toEqual({ status: 'succeeded', output: next('done') });
});

test.each([
  ['RunWorkflow', { state: 'AskBatch', batch: 0 }],
  ['PlanTraces', { state: 'PlanTraces' }],
  ['BuildShard', { state: 'BuildShard', shard: 0 }],
  ['Choose', { state: 'Choose' }],
  ['WriteDatasets', { state: 'WriteParts', shard: 0 }],
  ['Finalize', { state: 'Finalize' }],
  ['SubmitTraining', { state: 'SubmitTraining' }],
  ['CheckTraining', { state: 'CheckTraining' }],
  ['DeployModel', { state: 'DeployModel' }],
] as const)(
  'says, when %s fails, where the run failed, and by the own name and message of the error',
  async (step, place) => {
    const { result, calls } = await runPipeline({ ...LONGEST, [step]: failing('InputChanged', 'Say "this".') });
    expect(result).toEqual({ status: 'failed', error: 'InputChanged', cause: 'Say "this".' });
    const Cause = '{"errorType":"InputChanged","errorMessage":"Say \\"this\\".","trace":[]}';
    const failed = { ...place, run_id: 'run-1', failure: { Error: 'InputChanged', Cause } };
    expect(calls.slice(-2)).toEqual([
      { step, payload: expect.anything() },
      { step: 'RecordFailure', payload: { execution: 'execution-1', failed } },
    ]);
  },
);

test.each([['text'], [[1, 2]], [7], [{ run_id: 'r' }]])(
  'fails by name when it cannot begin with %j, and says what it was started with',
  async (input) => {
    const { result, calls } = await runPipeline({ Evaluate: failing('InvalidRequest', 'not a request') }, input);
    expect(result).toEqual({ status: 'failed', error: 'InvalidRequest', cause: 'not a request' });
    expect(calls.at(-1)).toMatchObject({
      step: 'RecordFailure',
      payload: { failed: { state: 'Evaluate', started_with: input } },
    });
  },
);

test('leaves the error of a shard under the run, by the name of the execution', async () => {
  const { store } = await runPipeline({ BuildShard: failing('InputChanged', 'changed') });
  const kept: unknown = JSON.parse(
    new TextDecoder().decode(await readAll(store, 'runs/run-1/failures/execution-1.json')),
  );
  expect(kept).toEqual({
    state: 'BuildShard',
    run_id: 'run-1',
    shard: 0,
    failure: { Error: 'InputChanged', Cause: '{"errorType":"InputChanged","errorMessage":"changed","trace":[]}' },
  });
});

test('keeps the error of the map itself where no shard failed', async () => {
  const nowhere = { ...planned, plan: { bucket: 'collections', key: 'runs/run-1/none.json' } };
  const { result, calls } = await runPipeline({ Evaluate: async () => nowhere });
  expect(result).toMatchObject({ status: 'failed', error: 'StepFunctionsError' });
  expect(result).toMatchObject({ cause: expect.stringMatching(/^States\.ItemReaderFailed: /) });
  expect(calls.at(-1)).toMatchObject({ payload: { failed: { state: 'BuildShards', run_id: 'run-1' } } });
});

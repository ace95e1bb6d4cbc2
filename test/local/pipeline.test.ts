import { expect, test } from 'vitest';
import { z } from 'zod';
import type { Handler } from '../../cli/local/asl-runner.ts';
import { readAll } from '../../lib/store.ts';
import { failure, PIPELINE, run } from './machine.ts';

const planned = {
  run_id: 'run-1',
  status: 'planned',
  plan: { bucket: 'collections', key: 'runs/run-1/plan.json' },
  max_concurrency: 2,
};

const committed = { status: 'committed', train: false };

const STEPS = [
  ...(['Evaluate', 'RunWorkflow', 'PlanTraces', 'BuildShard', 'Finalize'] as const),
  ...(['SubmitTraining', 'CheckTraining', 'DeployModel'] as const),
];

const asking = {
  ...planned,
  status: 'workflow',
  workflow: { key: 'runs/run-1/batches.json', batches: 2, examples: 4, max_concurrency: 1 },
};
const unasked = { run_id: 'run-1', done: false };

const next = (next: string) => ({ training: { next, wait_seconds: 1 } });

/** The pipeline with steps that only note what they were given. */
async function runPipeline(steps: Partial<Record<(typeof STEPS)[number], Handler>>, input: unknown = {}) {
  const calls: { step: string; payload: unknown }[] = [];
  const noted = (step: string, handler: Handler): Handler => {
    return (payload) => {
      calls.push({ step, payload });
      return handler(payload);
    };
  };
  const { result, events, store } = await run({
    definition: PIPELINE,
    input,
    objects: {
      'runs/run-1/plan.json': [{ ordinal: 0 }, { ordinal: 1 }, { ordinal: 2 }],
      'runs/run-1/batches.json': [{ ordinal: 0 }, { ordinal: 1 }],
    },
    handlers: {
      EvaluateFunction: noted('Evaluate', steps.Evaluate ?? (async () => planned)),
      RunWorkflowFunction: noted('RunWorkflow', steps.RunWorkflow ?? (async () => ({ ...unasked, done: true }))),
      PlanTracesFunction: noted('PlanTraces', steps.PlanTraces ?? (async () => planned)),
      BuildShardFunction: noted('BuildShard', steps.BuildShard ?? (async () => ({}))),
      FinalizeFunction: noted('Finalize', steps.Finalize ?? (async () => committed)),
      SubmitTrainingFunction: noted('SubmitTraining', steps.SubmitTraining ?? (async () => next('check'))),
      CheckTrainingFunction: noted('CheckTraining', steps.CheckTraining ?? (async () => next('deploy'))),
      DeployModelFunction: noted('DeployModel', steps.DeployModel ?? (async () => next('done'))),
    },
  });
  return { result, events, store, calls };
}

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
    ...[0, 1, 2].map((ordinal) => ({ step: 'BuildShard', payload: { run_id: 'run-1', shard: { ordinal } } })),
    { step: 'Finalize', payload: planned },
  ]);
});

test('asks a live workflow batch by batch, each in as many rounds as it takes, and goes on with its traces', async () => {
  const RunWorkflow: Handler = async (payload) => {
    const { tried = 0, batch } = z.object({ batch: z.unknown(), tried: z.number().optional() }).parse(payload);
    return { run_id: 'run-1', batch, tried: tried + 1, done: tried === 2 };
  };
  const { calls } = await runPipeline({ Evaluate: async () => asking, RunWorkflow });
  const rounds = (ordinal: number) => {
    const first = { run_id: 'run-1', batch: { ordinal } };
    return [first, { ...first, tried: 1, done: false }, { ...first, tried: 2, done: false }];
  };
  expect(calls.slice(1, 8)).toEqual([
    ...[...rounds(0), ...rounds(1)].map((payload) => ({ step: 'RunWorkflow', payload })),
    { step: 'PlanTraces', payload: { run_id: 'run-1' } },
  ]);
  expect(calls.slice(8).map(({ step }) => step)).toEqual(['BuildShard', 'BuildShard', 'BuildShard', 'Finalize']);
  expect(calls.at(-1)?.payload).toEqual(planned);
});

test.each([
  ['RunWorkflow', 'WorkflowFailed'],
  ['PlanTraces', 'ShardMissing'],
] as const)('ends, when %s fails, in a Fail with the own name and message of the error', async (step, name) => {
  const { result, calls } = await runPipeline({ Evaluate: async () => asking, [step]: failing(name, 'example 7') });
  expect(result).toEqual({ status: 'failed', error: name, cause: 'example 7' });
  expect(calls.at(-1)?.step).toBe(step);
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
  ['Evaluate', 'InvalidRequest'],
  ['BuildShard', 'InputChanged'],
  ['Finalize', 'TooManyRejected'],
] as const)('ends, when %s fails, in a Fail with the own name and message of the error', async (step, name) => {
  const { result, calls } = await runPipeline({ [step]: failing(name, 'Say "this".') });
  expect(result).toEqual({ status: 'failed', error: name, cause: 'Say "this".' });
  expect(calls.at(-1)?.step).toBe(step);
});

test.each([['text'], [[1, 2]], [7]])('fails by name when started with %j', async (input) => {
  const { result } = await runPipeline({ Evaluate: failing('InvalidRequest', 'not a request') }, input);
  expect(result).toEqual({ status: 'failed', error: 'InvalidRequest', cause: 'not a request' });
});

test('leaves the error of a shard under the run, by the name of the execution', async () => {
  const { store } = await runPipeline({ BuildShard: failing('InputChanged', 'changed') });
  const kept: unknown = JSON.parse(
    new TextDecoder().decode(await readAll(store, 'runs/run-1/failures/execution-1.json')),
  );
  expect(kept).toEqual({
    Error: 'InputChanged',
    Cause: '{"errorType":"InputChanged","errorMessage":"changed","trace":[]}',
  });
});

test('keeps the error of the map itself where no shard failed', async () => {
  const nowhere = { ...planned, plan: { bucket: 'collections', key: 'runs/run-1/none.json' } };
  const { result } = await runPipeline({ Evaluate: async () => nowhere });
  expect(result).toMatchObject({ status: 'failed', error: 'States.ItemReaderFailed' });
});

test.each(['Evaluate', 'BuildShard', 'Finalize'] as const)(
  'tries %s again when the store was not to be had',
  async (step) => {
    let failures = 2;
    const { result } = await runPipeline({
      [step]: async () => {
        if (failures-- > 0) throw failure('StoreUnavailable', 'no answer');
        if (step === 'Evaluate') return planned;
        return step === 'Finalize' ? committed : {};
      },
    });
    expect(result.status).toBe('succeeded');
  },
);

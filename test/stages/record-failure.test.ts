import { expect, test } from 'vitest';
import { memoryOf } from '../../functions/memory.ts';
import { forFailState, placeOf, RecordFailureInput, RunFailure } from '../../lib/contract/failure.ts';
import { KILLED, stepOf } from '../../lib/contract/killed-function.ts';
import type { Step } from '../../lib/contract/steps.ts';
import { StoreUnavailable } from '../../lib/errors.ts';
import { readJson } from '../../lib/objects/stored-json.ts';
import { evaluate } from '../../lib/stages/evaluate.ts';
import { recordFailure } from '../../lib/stages/record-failure.ts';
import { memoryStore } from '../support/memory-store.ts';
import { PIPELINE } from '../support/pipeline-definition.ts';
import { memoryDeps, runSteps } from '../support/run.ts';

/** What Lambda makes of an error that a handler throws. */
const thrown = (errorType: string, errorMessage: string) => ({
  Error: errorType,
  Cause: JSON.stringify({ errorType, errorMessage, trace: ['Error: at /var/task/index.js:1:1'] }),
});

const record = (failed: object, deps = memoryDeps(), execution = 'r') =>
  recordFailure(RecordFailureInput.parse({ execution, failed }), deps);

const source = { traces: { bucket: 'traces', key: 'traces.jsonl' } };

async function depsWithTraces() {
  const traces = memoryStore('traces');
  await traces.create('traces.jsonl', Buffer.from('{"id":1,"intermediate_steps":[]}\n'));
  const collections = memoryStore('collections');
  return { ...memoryDeps(traces, collections), traces, runs: collections };
}

test('failure.json says what, where, which shard and what to do, and the Cause is the message alone', async () => {
  const deps = memoryDeps();
  const failure = thrown('StoreRefused', 's3://traces: AccessDenied.');
  const output = await record({ state: 'BuildShard', run_id: 'r', shard: 17, failure }, deps, 'r--redrive-1');
  expect(output).toEqual({
    failure: { Error: 'StoreRefused', Cause: 's3://traces: AccessDenied.' },
    recorded: 'runs/r/failure.json',
  });
  expect(await readJson(deps.collections, 'runs/r/failure.json', RunFailure)).toEqual({
    run_id: 'r',
    execution: 'r--redrive-1',
    failed_at: '2026-01-02T03:04:05.678Z',
    state: 'BuildShard',
    shard: 17,
    error: 'StoreRefused',
    message: 's3://traces: AccessDenied.',
    what_to_do:
      'Fix the credentials, permissions or bucket that the message names. Then start the run again under the same id (on AWS: dpo redrive r--redrive-1): what is built is kept.',
  });
});

test.each([
  ['AskBatch', 'batch'],
  ['BuildShard', 'shard'],
  ['WriteDatasets', 'shard'],
] as const)('of a failed %s failure.json says which %s', async (state, part) => {
  const deps = memoryDeps();
  await record({ state, run_id: 'r', [part]: 17, failure: thrown('StoreRefused', 'no') }, deps);
  const recorded = await readJson(deps.collections, 'runs/r/failure.json', RunFailure);
  expect(recorded).toMatchObject({ state, [part]: 17 });
  expect(placeOf(recorded)).toBe(`${state}, ${part} 17`);
});

test('the last failure is the one that is told', async () => {
  const deps = memoryDeps();
  await record({ state: 'AskBatch', run_id: 'r', batch: 3, failure: thrown('WorkflowFailed', 'first') }, deps);
  await record({ state: 'Finalize', run_id: 'r', failure: thrown('GateMissed', 'second') }, deps);
  const last = await readJson(deps.collections, 'runs/r/failure.json', RunFailure);
  expect(last).toMatchObject({ state: 'Finalize', error: 'GateMissed', message: 'second' });
  expect(last).not.toHaveProperty('batch');
});

test.each([
  ['a timeout, which has no Cause', { Error: 'States.Timeout', Cause: '' }, 'Finalize ended without a message.'],
  ['no Cause at all', { Error: 'Lambda.Unknown' }, 'Finalize ended without a message.'],
  ['a Cause in words', { Error: 'States.ItemReaderFailed', Cause: 'No plan.json.' }, 'No plan.json.'],
  ['a Cause that is JSON of something else', { Error: 'X', Cause: '{"a":1}' }, '{"a":1}'],
])('%s has a message all the same', async (_, failure, message) => {
  expect(await record({ state: 'Finalize', run_id: 'r', failure })).toMatchObject({
    failure: forFailState({ Error: failure.Error, Cause: message }),
  });
});

test('a message is cut where nobody would read on, and where a Fail state would not take it', async () => {
  const { failure } = await record({ state: 'Finalize', run_id: 'r', failure: thrown('X', 'a'.repeat(100_000)) });
  expect(failure.Cause).toMatch(/^a{4000}…$/);
});

test('a failure of Evaluate is told in the run that it had claimed', async () => {
  const deps = await depsWithTraces();
  const input = { run_id: 'r', source };
  await evaluate({ execution: 'e', input }, deps);
  const failed = { state: 'Evaluate', started_with: input, failure: thrown('StoreUnavailable', 'no answer') };
  expect(await record(failed, deps, 'e')).toMatchObject({ recorded: 'runs/r/failure.json' });
});

test('a failure before the claim is told under the run id that was asked for, which stays free', async () => {
  const deps = memoryDeps();
  const failed = { state: 'Evaluate', started_with: { source }, failure: thrown('NoTraces', 'None there.') };
  expect(await record(failed, deps, 'nightly')).toMatchObject({ recorded: 'runs/nightly/failure.json' });
  expect(await deps.collections.head('runs/nightly/request.json')).toBeUndefined();
});

test('a failure of an upload is told in the run that is named after it', async () => {
  const deps = await depsWithTraces();
  const upload = (key: string) => ({
    'detail-type': 'Object Created',
    detail: { bucket: { name: 'traces' }, object: { key, size: 33, etag: 'e' } },
  });
  const failure = thrown('NoTraces', 'None there.');
  const told = async (key: string) =>
    (await record({ state: 'Evaluate', started_with: upload(key), failure }, deps)).recorded;
  for (const key of ['traces/a.jsonl', 'traces/run.json']) {
    expect(await told(key)).toMatch(/^runs\/upload-[0-9a-f]{16}\/failure\.json$/);
  }
});

test.each([
  ['a request that is not valid', { run_id: 'r', source, builder: { min_score: 1 } }],
  ['what is no request', 'text'],
  ['a run id that leaves its folder', { run_id: '../r', source }],
  ['another request under the id of a run', { run_id: 'r', source, dataset: { seed: 7 } }],
])('%s changes nothing of the run that has the id', async (_, started_with) => {
  const deps = await depsWithTraces();
  await evaluate({ execution: 'r', input: { run_id: 'r', source } }, deps);
  await record({ state: 'BuildShard', run_id: 'r', shard: 0, failure: thrown('StoreRefused', 'theirs') }, deps);
  const before = new Map(deps.runs.objects);
  const refusal = thrown('RunConflict', 'Run r exists with another request.');
  expect(await record({ state: 'Evaluate', started_with, failure: refusal }, deps, 'x')).toEqual({
    failure: { Error: 'RunConflict', Cause: 'Run r exists with another request.' },
    recorded: null,
  });
  expect(deps.runs.objects).toEqual(before);
});

test('a committed run whose traces have changed since keeps no failure of being asked for again', async () => {
  const deps = await depsWithTraces();
  const request = { source, builder: { compatibility: 'nat' } };
  await runSteps(request, deps);
  const before = new Map(deps.runs.objects);
  const started_with = { run_id: 'run', ...request };
  deps.traces.objects.set('traces.jsonl', Buffer.from('{"id":2,"intermediate_steps":[]}\n'));
  await expect(evaluate({ execution: 'e', input: started_with }, deps)).rejects.toMatchObject({ name: 'RunConflict' });
  const { recorded } = await record({ state: 'Evaluate', started_with, failure: thrown('RunConflict', 'x') }, deps);
  expect(recorded).toBeNull();
  expect(deps.runs.objects).toEqual(before);
});

test('a store that does not answer fails the step by a name that is tried again', async () => {
  const deps = memoryDeps();
  const collections = { ...deps.collections, write: () => Promise.reject(new StoreUnavailable('no answer')) };
  const failed = { state: 'Finalize', run_id: 'r', failure: thrown('GateMissed', 'x') };
  await expect(record(failed, { ...deps, collections })).rejects.toThrow(StoreUnavailable);
});

test.each([
  ['BuildShard', { shard: 2 }, 'limits.shard_bytes', 'Then start another run'],
  ['WriteParts', { shard: 2 }, 'limits.shard_bytes', 'Then start another run'],
  ['AskBatch', { batch: 2 }, 'source.workflow.batch_size', 'Then start another run'],
  ['Choose', {}, 'chooseMemory', 'dpo redrive r'],
  ['Finalize', {}, 'its log says more', 'dpo redrive r'],
])('a function of %s that was killed is named, with its memory and what to set', async (state, part, set, next) => {
  const deps = { ...memoryDeps(), memoryMb: (step: Step) => memoryOf(step, 4096) };
  const errorMessage = 'RequestId: 8476a536 Error: Runtime exited with error: signal: killed';
  for (const error of KILLED) {
    const failure = thrown(error, errorMessage);
    const { failure: said } = await record({ state, run_id: 'r', ...part, failure }, deps);
    const step = stepOf(state) ?? 'RecordFailure';
    expect(said).toEqual({
      Error: error,
      Cause: `The function ${step} (${state === 'Choose' ? 4096 : 1769} MB of memory) was killed, most likely because that was too little: ${errorMessage}`,
    });
    const { what_to_do } = await readJson(deps.collections, 'runs/r/failure.json', RunFailure);
    expect(what_to_do).toContain(set);
    expect(what_to_do).toContain(next);
  }
});

test("the states of maps' children are of the steps whose functions they call", () => {
  const children = Object.values(PIPELINE.States).flatMap((state) =>
    state.Type === 'Map' ? Object.entries(state.ItemProcessor.States) : [],
  );
  for (const [name, state] of children) {
    if (state.Type !== 'Task' || !('FunctionName' in state.Parameters)) continue;
    expect(stepOf(name)).toBe(state.Parameters.FunctionName);
  }
});

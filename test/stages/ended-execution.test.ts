import { expect, test } from 'vitest';
import { ReportedFailure } from '../../lib/contract/ended-execution.ts';
import { RecordFailureInput, RunFailure } from '../../lib/contract/failure.ts';
import { readJson } from '../../lib/objects/stored-json.ts';
import { evaluate } from '../../lib/stages/evaluate.ts';
import { recordFailure } from '../../lib/stages/record-failure.ts';
import { endOf } from '../support/ended-execution.ts';
import { memoryStore } from '../support/memory-store.ts';
import { memoryDeps, runSteps } from '../support/run.ts';

// Executions that ended without a state that could say so: EventBridge tells RecordFailure of them.

const source = { traces: { bucket: 'traces', key: 'traces.jsonl' } };
const request = { run_id: 'r', source };

async function depsWithTraces() {
  const traces = memoryStore('traces');
  await traces.create('traces.jsonl', Buffer.from('{"id":1,"intermediate_steps":[]}\n'));
  const collections = memoryStore('collections');
  return { ...memoryDeps(traces, collections), runs: collections };
}
type Deps = Awaited<ReturnType<typeof depsWithTraces>>;

const told = (event: unknown, deps: Deps) => recordFailure(ReportedFailure.parse(event), deps);
const failureIn = (deps: Deps, run = 'r') => readJson(deps.collections, `runs/${run}/failure.json`, RunFailure);

test('a run that was stopped has its failure.json, of the time at which it was', async () => {
  const deps = await depsWithTraces();
  await evaluate({ execution: 'r', input: request }, deps);
  const { recorded } = await told(endOf('r', request), deps);
  expect(recorded).toBe('runs/r/failure.json');
  expect(await failureIn(deps)).toEqual({
    run_id: 'r',
    execution: 'r',
    failed_at: '2026-01-02T03:04:00.000Z',
    error: 'ABORTED',
    message: 'Somebody stopped the execution.',
    what_to_do:
      'Somebody stopped the execution. Then start the run again under the same id (on AWS: dpo redrive r): what is built is kept.',
  });
});

test('what the person who stopped it said is in the message', async () => {
  const deps = await depsWithTraces();
  const { failure } = await told(endOf('r', request, { error: 'Budget', cause: 'Too dear a model.' }), deps);
  expect(failure).toEqual({ Error: 'ABORTED', Cause: 'Somebody stopped the execution: Budget: Too dear a model.' });
});

test('one that timed out as a whole says so by another name than a step that did', async () => {
  const deps = await depsWithTraces();
  await told(endOf('r', request, { status: 'TIMED_OUT', error: 'States.Timeout' }), deps);
  expect(await failureIn(deps)).toMatchObject({
    error: 'TIMED_OUT',
    what_to_do: expect.stringContaining('what it was waiting for'),
  });
});

test('one that failed past every Catch keeps its error', async () => {
  const deps = await depsWithTraces();
  const detail = { status: 'FAILED', error: 'States.DataLimitExceeded', cause: 'The state returned too much.' };
  await told(endOf('r', request, detail), deps);
  const failure = await failureIn(deps);
  expect(failure).toMatchObject({ error: 'States.DataLimitExceeded', message: 'The state returned too much.' });
  expect(failure).not.toHaveProperty('state');
});

test('a run is found as its execution found it: by its request, by its name, by its upload', async () => {
  const upload = {
    'detail-type': 'Object Created',
    detail: { bucket: { name: 'traces' }, object: { key: 'traces.jsonl', size: 33, etag: 'e' } },
  };
  for (const [input, run] of [
    [{ run_id: 'own', source }, 'own'],
    [{ source }, 'nightly'],
    [upload, expect.stringMatching(/^upload-[0-9a-f]{16}$/)],
  ] as const) {
    const deps = await depsWithTraces();
    const claimed = await evaluate({ execution: 'nightly', input }, deps);
    expect(await told(endOf('nightly', input), deps)).toMatchObject({
      recorded: `runs/${claimed.run_id}/failure.json`,
    });
    expect(claimed.run_id).toEqual(run);
  }
});

test.each([
  ['is told twice', endOf('r', request, { status: 'FAILED', error: 'X' })],
  ['failed by its own word, and is told once more', endOf('r', request, { status: 'FAILED', error: 'GateMissed' })],
])('an execution that %s leaves what stands, which names the state', async (_, event) => {
  const deps = await depsWithTraces();
  const failed = { state: 'Finalize', run_id: 'r', failure: { Error: 'GateMissed', Cause: 'Too few pairs.' } };
  await recordFailure(RecordFailureInput.parse({ execution: 'r', failed }), deps);
  const before = new Map(deps.runs.objects);
  expect(await told(event, deps)).toMatchObject({ recorded: null });
  expect(deps.runs.objects).toEqual(before);
});

test('an event that comes late does not hide how a later execution failed, and one in time tells the last', async () => {
  const deps = await depsWithTraces();
  const at = (minute: number) => ({ stopDate: Date.UTC(2026, 0, 2, 4, minute) });
  const executions = [endOf('r', request, at(1)), endOf('r--redrive-1', request, at(2))] as const;
  for (const event of [...executions, ...executions]) await told(event, deps);
  expect(await failureIn(deps)).toMatchObject({ execution: 'r--redrive-1', failed_at: '2026-01-02T04:02:00.000Z' });
});

test.each([
  ['whose input was too large for the event', { input: null, inputDetails: { included: false } }],
  ['whose input is left out altogether', { input: undefined }],
  ['whose request is not valid', { input: '{"source":{},"run_id":"r"}' }],
  ['that was refused another request of that name', { input: JSON.stringify({ ...request, dataset: { seed: 7 } }) }],
])('of an execution %s nobody can say whose run it is, and nothing is written', async (_, detail) => {
  const deps = await depsWithTraces();
  await evaluate({ execution: 'r', input: request }, deps);
  const before = new Map(deps.runs.objects);
  expect(await told(endOf('r', {}, detail), deps)).toMatchObject({ failure: { Error: 'ABORTED' }, recorded: null });
  expect(deps.runs.objects).toEqual(before);
});

test('a committed run keeps no end of an execution that asked for it again', async () => {
  const deps = await depsWithTraces();
  const committed = { source, builder: { compatibility: 'nat' } };
  await runSteps(committed, deps);
  const before = new Map(deps.runs.objects);
  const input = { run_id: 'run', ...committed };
  for (const status of ['ABORTED', 'TIMED_OUT', 'FAILED']) {
    expect(await told(endOf('again', input, { status }), deps)).toMatchObject({ recorded: null });
  }
  expect(deps.runs.objects).toEqual(before);
});

test('one that is cut off while it trains tells so beside the manifest, which stands', async () => {
  const deps = await depsWithTraces();
  const training = { event_bridge: {} };
  const committed = { source, builder: { compatibility: 'nat' }, training };
  await runSteps(committed, deps);
  const manifest = deps.runs.objects.get('runs/run/manifest.json');
  const input = { run_id: 'run', ...committed };
  expect(await told(endOf('run', input, { status: 'TIMED_OUT' }), deps)).toMatchObject({
    recorded: 'runs/run/failure.json',
  });
  expect(deps.runs.objects.get('runs/run/manifest.json')).toBe(manifest);
  // That it was refused, as when its traces have changed since, is no word on the training.
  const refused = endOf('again', input, { status: 'FAILED', error: 'RunConflict' });
  expect(await told(refused, deps)).toMatchObject({ recorded: null });
});

test.each([
  ['that runs', endOf('r', request, { status: 'RUNNING', stopDate: null })],
  ['that succeeded', endOf('r', request, { status: 'SUCCEEDED' })],
  ['without a name', endOf('', request)],
])('an event of an execution %s is none of a failure', (_, event) => {
  expect(ReportedFailure.safeParse(event).success).toBe(false);
});

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, expect, onTestFinished, test } from 'vitest';
import * as z from 'zod';
import { RunFailure } from '../../../lib/contract/failure.ts';
import { Manifest } from '../../../lib/contract/manifest.ts';
import { Request } from '../../../lib/contract/request.ts';
import { runKeys } from '../../../lib/objects/keys.ts';
import { readAll } from '../../../lib/objects/store.ts';
import { readJson } from '../../../lib/objects/stored-json.ts';
import { type NemoServer, startNemo } from '../../support/nemo-server.ts';
import { customizer } from '../../support/training-run.ts';
import { answers, startWorkflowServer } from '../../support/workflow-server.ts';
import { type DeployedStack, deployStack, type Execution } from './deployed-stack.ts';
import { dataOf, type Inputs, put, runHere } from './run-here.ts';

/*
 * The stack's template on LocalStack: its own interpreter runs the emitted definition over its own S3, and calls the bundles
 * that `cdk deploy` would upload. The data files must be those of `dpo run` over the same traces.
 */

let nemo: NemoServer;
let agent: Awaited<ReturnType<typeof startWorkflowServer>>;
let stack: DeployedStack;
beforeAll(async () => {
  nemo = await startNemo();
  agent = await startWorkflowServer((asked, response) => answers('yes', steps(asked.question))(asked, response));
  const trainer = {
    purpose: 'training',
    namespaces: ['team'],
    images: ['nvcr.io/nim/nvidia/nemotron-3.5-lightning-30b-a3b'],
  };
  stack = await deployStack({
    allowedEndpoints: [
      { origin: agent.origin, purpose: 'workflow' },
      { origin: nemo.url, ...trainer },
    ],
    ceilings: { minShardBytes: 1024 },
  });
});
afterAll(() => Promise.all([stack?.close(), nemo.close(), agent.close()]));
afterEach(() => {
  stack.lambda.allow(Number.POSITIVE_INFINITY);
  stack.s3.calm();
  expect(stack.refusals.splice(0)).toEqual([]);
});

const steps = (question: string) =>
  [0.9, 0.2, 0.4].map((score, candidate_index) => ({
    payload: {
      ...{ event_type: 'TTC_END', name: 'dpo_candidate_move', UUID: `${question}-${candidate_index}` },
      data: {
        ...{ turn_id: question, turn_index: 0, candidate_index, score },
        ...{ input: question, output: `${question}: ${score}` },
      },
    },
  }));

const lines = (rows: readonly unknown[]) => rows.map((row) => `${JSON.stringify(row)}\n`).join('');

const ITEMS = lines(
  Array.from({ length: 8 }, (_, id) => ({ id, question: `q${id}`, intermediate_steps: steps(`q${id}`) })),
);
const ROLLOUTS = lines(
  [0, 1, 2].flatMap((reward) =>
    [1, 2, 3, 4, 5, 6, 7, 8].map((task) => ({
      task_id: `t${task}`,
      prompt: `p${task}`,
      completion: `c${task}.${reward}`,
      reward,
    })),
  ),
);
const DATASETS = { dataset: { formats: ['trl', 'openai', 'nemo_customizer'], validation_fraction: 0.25 } };
const MANY = { limits: { shard_bytes: 1024 } };

/** A request over one file, whose bucket is of one name here and of another there. By its name no upload of it starts a run. */
const over =
  (key: string, settings: object = {}) =>
  (bucket: string) => ({ source: { traces: { bucket, key } }, ...DATASETS, ...settings });

/** Runs it on the stack, and here; both must come to the same. */
async function runBoth(run_id: string, inputs: Inputs, request: (bucket: string) => object): Promise<Execution> {
  await put(stack.traces, inputs);
  const execution = await stack.execute(run_id, request('traces'));
  expect(execution, stack.lambda.logged().slice(-3_000)).toMatchObject({ status: 'SUCCEEDED' });
  await expectSame(run_id, inputs, request);
  return execution;
}

async function expectSame(run_id: string, inputs: Inputs, request: (bucket: string) => object): Promise<void> {
  const [there, here] = [await dataOf(stack.collections, run_id), await runHere(run_id, inputs, request)];
  expect([...there.keys()]).toEqual([...here.keys()]);
  expect(there.size).toBeGreaterThan(3);
  for (const [file, bytes] of here) expect(Buffer.compare(there.get(file) ?? Buffer.of(), bytes), file).toBe(0);
}

const timesCalled = (from: number, name: string) =>
  stack.lambda.calls.slice(from).filter((each) => each === `Pipeline${name}`).length;

test('one shard', async () => {
  const { output } = await runBoth('one', { 'traces/one/items.dataset': ITEMS }, over('traces/one/items.dataset'));
  expect(output).toMatchObject({ status: 'committed', examples: 8 });
});

test('many shards', async () => {
  const before = stack.lambda.calls.length;
  await runBoth('many', { 'traces/many/items.dataset': ITEMS }, over('traces/many/items.dataset', MANY));
  expect(timesCalled(before, 'BuildShard')).toBeGreaterThan(4);
  expect(timesCalled(before, 'WriteDatasets')).toBe(timesCalled(before, 'BuildShard'));
});

test('a source whose groups lie apart', async () => {
  const before = stack.lambda.calls.length;
  const key = 'traces/apart/rollouts.dataset';
  await runBoth('apart', { [key]: ROLLOUTS }, over(key, MANY));
  expect(timesCalled(before, 'GroupCandidates')).toBeGreaterThan(1);
});

test('S3 that does not answer for a while: the steps are tried again', async () => {
  // More often than the SDK asks, so that the step fails and is called again.
  const unavailable = { kind: 'error', status: 503, code: 'SlowDown' } as const;
  stack.s3.fail({ operation: 'PutObject', key: /runs\/retried\/shards\/000001\/summary/ }, unavailable, 3);
  stack.s3.fail({ operation: 'PutObject', key: /runs\/retried\/manifest/ }, unavailable, 3);
  const before = stack.lambda.calls.length;
  const key = 'traces/retried/items.dataset';
  await runBoth('retried', { [key]: ITEMS }, over(key, MANY));
  expect(timesCalled(before, 'Finalize')).toBe(2);
  expect(timesCalled(before, 'BuildShard')).toBe(timesCalled(before, 'WriteDatasets') + 1);
});

test('functions that are killed: they are called again, and no line is lost or doubled', async () => {
  const killed: string[] = [];
  for (const [name, file] of [
    ['PipelineBuildShard', /runs\/killed\/shards\/000001\/summary/],
    ['PipelineChoose', /runs\/killed\/choice\/facts/],
    ['PipelineWriteDatasets', /runs\/killed\/shards\/000002\/written/],
    ['PipelineFinalize', /runs\/killed\/manifest/],
  ] as const) {
    const change = () => {
      killed.push(name);
      stack.lambda.kill(name);
    };
    stack.s3.fail({ operation: 'PutObject', key: file }, { kind: 'meanwhile', change });
  }
  const key = 'traces/killed/items.dataset';
  await runBoth('killed', { [key]: ITEMS }, over(key, { limits: { shard_bytes: 1024, max_concurrency: 1 } }));
  expect(killed).toHaveLength(4);
});

test('an account that runs two functions at once: children wait for their turn', async () => {
  stack.lambda.allow(2);
  const key = 'traces/throttled/items.dataset';
  await runBoth('throttled', { [key]: ITEMS }, over(key, MANY));
  expect(stack.lambda.throttled()).toBeGreaterThan(0);
});

test('a shard that fails fails the run, which commits nothing; started again, it does what is missing', async () => {
  const run = 'failed';
  const key = 'traces/failed/items.dataset';
  const request = over(key, MANY);
  stack.s3.fail(
    { operation: 'PutObject', key: /runs\/failed\/shards\/000001\/summary/ },
    { kind: 'error', status: 400, code: 'InvalidRequest' },
    99,
  );
  await put(stack.traces, { [key]: ITEMS });
  const failed = await stack.execute(run, request('traces'));
  // LocalStack's map succeeds all the same: the next step finds the shard missing. On AWS the map fails, by StoreRefused.
  expect(failed).toMatchObject({ status: 'FAILED', error: 'ShardMissing' });
  expect(await stack.collections.head(runKeys(run).manifest)).toBeUndefined();
  expect(await readJson(stack.collections, runKeys(run).failure, RunFailure)).toMatchObject({
    ...{ execution: run, state: 'Choose', error: 'ShardMissing' },
    what_to_do: expect.stringContaining(`dpo redrive ${run}`),
  });
  // The child's own error, where the state machine leaves it.
  const left = `runs/${run}/failures/${run}.json`;
  expect(JSON.parse(String(await readAll(stack.collections, left)))).toMatchObject({
    ...{ state: 'BuildShard', run_id: run, shard: 1, failure: { Error: 'StoreRefused' } },
  });

  stack.s3.calm();
  const before = stack.lambda.calls.length;
  const again = await stack.execute('failed-again', { run_id: run, ...request('traces') });
  expect(again).toMatchObject({ status: 'SUCCEEDED' });
  expect(timesCalled(before, 'Finalize')).toBe(1);
  await expectSame(run, { [key]: ITEMS }, request);
});

test('a request that is refused fails by its own name', async () => {
  expect(await stack.execute('refused', { sauce: 1 })).toMatchObject({ status: 'FAILED', error: 'InvalidRequest' });
});

test('an error of Step Functions’ own fails the execution by a name that a Fail state may have', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'evaluate-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const bundle = join(folder, 'index.cjs');
  const planned = { status: 'planned', shards: 1, max_concurrency: 1, datasets: 'none' };
  await writeFile(
    bundle,
    `exports.handler = async ({ execution }) => ({ ...${JSON.stringify(planned)}, run_id: execution,
      plan: { bucket: 'collections', key: 'runs/' + execution + '/none.json' } });`,
  );
  const evaluate = stack.lambda.deploy({ name: 'PipelineEvaluate', bundle, environment: {} });
  const failed = await stack.execute('no-plan', {});
  stack.lambda.deploy(evaluate);
  expect(failed).toMatchObject({
    ...{ status: 'FAILED', error: 'StepFunctionsError' },
    // AWS has States.ItemReaderFailed for it.
    cause: expect.stringMatching(/^States\.\w+: ./),
  });
  const failure = await readJson(stack.collections, runKeys('no-plan').failure, RunFailure);
  expect(failure).toMatchObject({ state: 'BuildShards', error: expect.stringMatching(/^States\./) });
});

test('an upload starts a run', async () => {
  const inputs = { 'traces/uploaded.jsonl': ITEMS };
  const execution = await stack.startedBy(() => put(stack.traces, inputs));
  expect(execution).toMatchObject({ status: 'SUCCEEDED', output: { status: 'committed', examples: 8 } });
  const { run_id } = z.object({ run_id: z.string() }).parse(execution.output);
  await expectSame(run_id, inputs, (bucket) => ({ source: { traces: { bucket, key: 'traces/uploaded.jsonl' } } }));
});

/** Whether one run is made of all lines of a folder's files, and of its settings. */
async function expectGathered(execution: Execution, run_id: string): Promise<void> {
  expect(execution, stack.lambda.logged().slice(-3_000)).toMatchObject({
    ...{ status: 'SUCCEEDED', output: { run_id, status: 'committed', examples: 8 } },
  });
  const manifest = await readJson(stack.collections, runKeys(run_id).manifest, Manifest);
  expect(manifest.inputs).toHaveLength(2);
  const request = await readJson(stack.collections, runKeys(run_id).request, Request);
  expect(request.builder.min_score_diff).toBe(0.01);
}

const HALVES = [ITEMS.split('\n').slice(0, 3), ITEMS.split('\n').slice(3)].map((half) => half.join('\n'));

/** Files of a folder, one after the other. */
async function upload(folder: string, names: Readonly<Record<string, string | undefined>>): Promise<void> {
  for (const [name, text = ''] of Object.entries(names)) {
    await put(stack.traces, { [`${folder}${name}`]: text });
    await wait(300);
  }
}

test('a folder whose last file is a marker is one run', async () => {
  await stack.uploads({ marker: '_SUCCESS' });
  const folder = 'traces/marked/';
  const files = { '1.jsonl': HALVES[0], 'run.json': SETTINGS, '2.jsonl': HALVES[1], _SUCCESS: '' };
  const execution = await stack.startedBy(() => upload(folder, files));
  const { run_id } = z.object({ run_id: z.string() }).parse(execution.output);
  await expectGathered(execution, run_id);
});

test('a folder that is quiet for a while is one run; a file that comes later makes another, over all of them', async () => {
  await stack.uploads({ quietMinutes: 1 });
  const folder = 'traces/quiet/';
  const before = stack.lambda.calls.length;
  const files = { '1.jsonl': HALVES[0], 'run.json': SETTINGS, '2.jsonl': HALVES[1] };
  const execution = await stack.startedBy(() => upload(folder, files));
  await expectGathered(execution, execution.name);
  expect(stack.lambda.calls.slice(before)).toContain('UploadsGatheredGatherUploads');
  const later = await stack.startedBy(() => upload(folder, { '3.jsonl': ITEMS.replaceAll('q', 'r') }));
  expect(later).toMatchObject({ status: 'SUCCEEDED' });
  const { inputs } = await readJson(stack.collections, runKeys(later.name).manifest, Manifest);
  expect(inputs.map(({ key }) => key)).toEqual(['1', '2', '3'].map((name) => `${folder}${name}.jsonl`));
  await stack.uploads('each');
});

const SETTINGS = '{"builder":{"min_score_diff":0.01}}';

test('a live workflow', async () => {
  const rows = JSON.stringify([0, 1, 2, 3].map((id) => ({ id, question: `live ${id}` })));
  const inputs = { 'traces/rows.json.dataset': rows };
  const { output } = await runBoth('live', inputs, (bucket) => ({
    source: {
      workflow: {
        ...{ endpoint: agent.origin, batch_size: 2 },
        dataset: { bucket, key: 'traces/rows.json.dataset' },
      },
    },
    ...DATASETS,
  }));
  expect(output).toMatchObject({ status: 'committed', examples: 4 });
});

test('a training and a deployment', async () => {
  const key = 'traces/trained/items.dataset';
  await put(stack.traces, { [key]: ITEMS });
  const training = customizer(nemo.url, { deploy_on_completion: true, poll_interval_seconds: 1 });
  const result = await stack.execute('trained', { ...over(key)('traces'), training });
  expect(result).toMatchObject({ status: 'SUCCEEDED', output: { training: { status: 'completed', next: 'done' } } });
  expect(nemo.state.jobs).toHaveLength(1);
  expect(nemo.state.deployments.size).toBe(1);
});

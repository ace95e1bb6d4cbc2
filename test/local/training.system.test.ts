import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { type TrainersDeps, trainers } from '../../adapters/trainers/trainers.ts';
import { runLocally } from '../../cli/local/run-locally.ts';
import { lineProgress } from '../../cli/progress.ts';
import { parseRequest } from '../../lib/contract/parse-request.ts';
import { InvalidRequest } from '../../lib/errors.ts';
import type { ObjectStore } from '../../lib/objects/store.ts';
import { SUBMIT_SECONDS } from '../../lib/stages/training/job-once.ts';
import { killedEverywhere } from '../support/killed.ts';
import { memoryStore } from '../support/memory-store.ts';
import { type NemoServer, startNemo } from '../support/nemo-server.ts';
import { clock, customizer, textOf, trainersOf } from '../support/training-run.ts';

let nemo: NemoServer;
let traces: ObjectStore;
beforeEach(async () => {
  nemo = await startNemo();
  traces = memoryStore('traces');
  await traces.create('traces.jsonl', Buffer.from(TRACES));
});
afterEach(() => nemo.close());

const requestOf = (run_id: string, more: object = { training: trainingOf() }) =>
  parseRequest({ run_id, source: { traces: { bucket: 'traces', key: 'traces.jsonl' } }, ...more });

const trainingOf = (more: object = {}) => customizer(nemo.url, { deploy_on_completion: true, ...more });

/** A run from its traces to its end, over the real trainers. */
async function run(
  request: ReturnType<typeof requestOf>,
  collections: ObjectStore = memoryStore('collections'),
  time = clock(),
  given: Partial<TrainersDeps> = {},
) {
  const said: string[] = [];
  const training = vi.fn(async () => ({
    collections,
    now: time.now,
    trainer: trainers(trainersOf(collections, given)),
  }));
  const deps = { bucket: () => traces, collections, collectionsBucket: 'collections', now: time.now, codeVersion: '1' };
  const workflow = () => Promise.reject(new Error('no workflow'));
  const progress = { ...lineProgress(() => {}), training: (message: string) => void said.push(message) };
  const ended = await runLocally({ request, deps, progress, workflow, training, pause: async () => {} });
  return { ...ended, said, asked: training.mock.calls.length, collections };
}

test('a request with a training block goes from traces to a ready deployment', async () => {
  const { training, said, manifest, collections } = await run(requestOf('r'));
  expect(training).toMatchObject({ status: 'completed', next: 'done', job_id: 'cust-1' });
  expect(said[0]).toBe('nemo-customizer job cust-1 submitted on dataset nat-dpo');
  expect(said.at(-1)).toMatch(/^nemo-customizer job cust-1: deployment nat-deployment-dpo-r-\w{8}: ready/);
  expect(new Set(said).size).toBe(said.length);

  const uploaded = nemo.state.repos.get('team/nat-dpo');
  const committed = manifest.datasets.nemo_customizer;
  for (const role of ['training', 'validation']) {
    expect(uploaded?.get(`${role}/${role}_file.jsonl`)?.toString()).toBe(
      await textOf(collections, committed?.[role]?.key ?? ''),
    );
  }
  const metrics = JSON.parse(await textOf(collections, 'runs/r/final_metrics.json'));
  expect(metrics).toMatchObject({
    run_id: 'r',
    status: 'completed',
    progress: 100,
    total_trajectory_groups: EXAMPLES,
    collection_summary: { total_trajectories: EXAMPLES, total_dpo_pairs: EXAMPLES, avg_reward: 0.5 },
    job_metadata: { job_id: 'cust-1', dataset_name: 'nat-dpo' },
  });
});

test('a request without one ends with its dataset, and no trainer is loaded', async () => {
  const { training, asked } = await run(requestOf('r', {}));
  expect(training).toBeUndefined();
  expect(asked).toBe(0);
  expect(nemo.calls).toEqual([]);
});

test.each(['before', 'after'] as const)(
  'killed %s any side effect of any state and started again, it ends with one job, one deployment and one dataset',
  async (when) => {
    const stores = () => memoryStore('collections');
    const places = await killedEverywhere(nemo, when, stores, async ({ run: name, collections, time, given }) => {
      // What was under way when it was killed is over by now.
      time.turn(SUBMIT_SECONDS);
      return (await run(requestOf(name), collections, time, given)).training;
    });
    const inEachState = [
      'create runs/RUN/request.json',
      'write runs/RUN/plan.json',
      'write runs/RUN/shards/000000/collection.jsonl',
      'compose runs/RUN/collection.jsonl',
      'create runs/RUN/manifest.json',
      'POST /v1/customization/jobs',
      'GET /v1/customization/jobs/*/status',
      'POST /v1/deployment/model-deployments',
      'GET /v1/deployment/model-deployments/team/nat-deployment-dpo-*',
      'write runs/RUN/final_metrics.json',
    ];
    expect([...places]).toEqual(expect.arrayContaining(inEachState));
  },
);

test('a run that is trained is not trained again', async () => {
  const first = await run(requestOf('r'));
  const again = await run(requestOf('r'), first.collections);
  expect(again.before).toBe(true);
  expect(again.training).toMatchObject({ status: 'completed', job_id: 'cust-1' });
  expect(nemo.state.jobs).toHaveLength(1);
});

test('a job that fails fails the run by name, and leaves its dataset committed', async () => {
  nemo.state.script = [
    { status: 'running', percentage_done: 40 },
    { status: 'failed', percentage_done: 40 },
  ];
  const collections = memoryStore('collections');
  await expect(run(requestOf('r'), collections)).rejects.toMatchObject({
    name: 'TrainingFailed',
    message: expect.stringContaining('cust-1'),
  });
  expect(JSON.parse(await textOf(collections, 'runs/r/final_metrics.json'))).toMatchObject({ status: 'failed' });
  expect(await collections.head('runs/r/manifest.json')).toBeDefined();
});

test('the trainer’s format and its word on the prompts become the dataset’s, and request.json says so', async () => {
  const training = trainingOf({ use_full_message_history: true, deploy_on_completion: false });
  const { collections, manifest } = await run(requestOf('r', { training, dataset: { formats: ['trl'] } }));
  expect(Object.keys(manifest.datasets).toSorted()).toEqual(['nemo_customizer', 'trl']);
  expect(JSON.parse(await textOf(collections, 'runs/r/request.json'))).toMatchObject({
    dataset: { formats: ['trl', 'nemo_customizer'], use_full_message_history: true },
  });
  const uploaded = nemo.state.repos.get('team/nat-dpo')?.get('training/training_file.jsonl')?.toString() ?? '';
  expect(JSON.parse(uploaded.split('\n')[0] ?? '')).toMatchObject({ prompt: [{ role: 'user' }] });
});

test('a token in plain text is refused before anything but the failure is written', async () => {
  const collections = memoryStore('collections');
  await expect(run(requestOf('r', { training: trainingOf({ hf_token: 'hf_secret' }) }), collections)).rejects.toThrow(
    InvalidRequest,
  );
  const keys: string[] = [];
  for await (const { key } of collections.list('')) keys.push(key);
  expect(keys).toEqual(['runs/r/failure.json']);
  expect(await textOf(collections, 'runs/r/failure.json')).not.toContain('hf_secret');
});

test('a curriculum is refused where the trainer takes one training file', () => {
  const dataset = { curriculum: { buckets: 2 } };
  expect(() => requestOf('r', { training: trainingOf(), dataset })).toThrow(
    'dataset.curriculum writes one training file per bucket, but training.nemo_customizer takes a single file. Leave out dataset.curriculum, or hand the files over by training.event_bridge.',
  );
  expect(() => requestOf('r', { training: { event_bridge: {} }, dataset })).not.toThrow();
});

const EXAMPLES = 10;

/** Items of one turn with two candidates each. */
const TRACES = Array.from({ length: EXAMPLES }, (_, id) => {
  const step = (candidate_index: number, score: number) => ({
    payload: {
      event_type: 'TTC_END',
      name: 'dpo_candidate_move',
      UUID: `${id}-${candidate_index}`,
      metadata: {},
      data: {
        turn_id: 'turn_0',
        turn_index: 0,
        candidate_index,
        score,
        input: [{ role: 'user', content: `question ${id}` }],
        output: `answer ${candidate_index}`,
      },
    },
  });
  return `${JSON.stringify({ id, question: 'q', intermediate_steps: [step(0, 0.25), step(1, 0.75)] })}\n`;
}).join('');

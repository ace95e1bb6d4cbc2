import { describe, expect, test } from 'vitest';
import { AllowedEndpoints } from '../../lib/contract/allowed-endpoints.ts';
import { Ceilings, DEFAULT_CEILINGS } from '../../lib/contract/ceilings.ts';
import { type EvaluateDeps, evaluate } from '../../lib/stages/evaluate.ts';
import { planTraces } from '../../lib/stages/plan-traces.ts';
import { memoryStore } from '../support/memory-store.ts';
import { memoryDeps } from '../support/run.ts';

const item = (id: number) => `${JSON.stringify({ id, question: 'a'.repeat(2000), intermediate_steps: [] })}\n`;
const rollout = (id: number) =>
  `${JSON.stringify({ task_id: id % 9, prompt: 'p', completion: 'a'.repeat(2000), reward: id })}\n`;
const lines = (line: (id: number) => string) => Buffer.from(Array.from({ length: 60 }, (_, id) => line(id)).join(''));
const rows = Buffer.from(`id,question\n${Array.from({ length: 25 }, (_, id) => `${id},what?\n`).join('')}`);

/** A stack with these ceilings, traces whose groups lie together and apart, and a dataset. */
function stack(ceilings: Partial<Ceilings> = {}, more: Partial<EvaluateDeps> = {}) {
  const traces = memoryStore('traces');
  traces.objects.set('traces/nat.jsonl', lines(item));
  traces.objects.set('traces/rollouts.jsonl', lines(rollout));
  traces.objects.set('traces/rows.csv', rows);
  const collections = memoryStore('collections');
  const deps: EvaluateDeps = {
    ...memoryDeps(traces, collections),
    ceilings: Ceilings.parse({ ...DEFAULT_CEILINGS, minShardBytes: 1024, ...ceilings }),
    ...more,
  };
  return { collections, deps, start: (request: object) => evaluate({ execution: 'run', input: request }, deps) };
}

const over = (file: string, limits: object = {}) => ({
  source: { traces: { bucket: 'traces', key: `traces/${file}` } },
  limits,
});
const asking = (more: object = {}) => ({
  source: {
    workflow: { endpoint: 'https://agent.example', dataset: { bucket: 'traces', key: 'traces/rows.csv' }, ...more },
  },
});

describe('a request beyond a ceiling is refused by its name, before anything is written or claimed:', () => {
  test.each([
    ['minShardBytes', over('nat.jsonl', { shard_bytes: 1024 }), 'limits.shard_bytes is 1024', 2048],
    ['maxShardBytes', over('nat.jsonl', { shard_bytes: 2 ** 31 }), 'limits.shard_bytes is 2147483648', 2 ** 30],
    ['maxConcurrency', over('nat.jsonl', { max_concurrency: 1001 }), 'limits.max_concurrency is 1001', 1000],
    ['maxConcurrency', asking({ max_concurrency: 21 }), 'source.workflow.max_concurrency is 21', 20],
    ['maxChildren', over('nat.jsonl', { shard_bytes: 8192 }), 'The run would have 5 shards or more', 4],
    ['maxChildren', over('rollouts.jsonl', { shard_bytes: 8192 }), 'have 5 tasks of GroupCandidates or more', 4],
    ['maxChildren', asking({ reps: 2 }), 'The run would have 6 batches of the dataset or more', 5],
    [
      'maxWorkflowSeconds',
      asking({ reps: 4, max_retries: 1, timeout_seconds: 10 }),
      '25 examples × 4 repetitions × 2 tries × 10 seconds (source.workflow.timeout_seconds) is 2000',
      1999,
    ],
  ])('%s', async (name, request, said, most) => {
    const { collections, start } = stack({ [name]: most });
    await expect(start(request)).rejects.toMatchObject({
      name: 'CeilingExceeded',
      message: expect.stringMatching(
        new RegExp(`${RegExp.escape(said)}.*the stack's ${name} is ${most}\\..*--context 'ceilings={"${name}":`),
      ),
    });
    expect([...collections.objects.keys()]).toEqual([]);
  });

  test('a workflow beyond all that could be counted is refused as any other', async () => {
    const most = { reps: 1000, max_retries: 10, timeout_seconds: 840, batch_size: 1 };
    await expect(stack().start(asking(most))).rejects.toMatchObject({ name: 'CeilingExceeded' });
  });
});

test.each([
  ['traces', over('nat.jsonl'), {}],
  ['traces at the ceilings', over('nat.jsonl', { shard_bytes: 8192, max_concurrency: 9 }), { maxChildren: 16 }],
  ['a workflow', asking(), { maxWorkflowSeconds: 25 * 4 * 300, maxChildren: 3 }],
])('a request that is not beyond them is planned: %s', async (_, request, ceilings) => {
  await expect(stack({ maxConcurrency: 9, ...ceilings }).start(request)).resolves.toMatchObject({ run_id: 'run' });
});

test('a request that says nothing of concurrency gets 100 children at once, or what the ceiling is', async () => {
  expect(await stack().start(over('nat.jsonl'))).toMatchObject({ max_concurrency: 100 });
  expect(await stack({ maxConcurrency: 9 }).start(over('nat.jsonl'))).toMatchObject({ max_concurrency: 9 });
  expect(await stack({ maxConcurrency: 9 }).start(asking())).toMatchObject({ max_concurrency: 9 });
});

test('the answers of a workflow are cut into no more shards than that, and the plan is not written', async () => {
  const { collections, deps, start } = stack({ maxChildren: 3 });
  await start({ ...asking({ batch_size: 100 }), limits: { shard_bytes: 1024 } });
  collections.objects.set('runs/run/traces/000000-000.jsonl', lines(item));
  await expect(planTraces({ run_id: 'run' }, deps)).rejects.toMatchObject({ name: 'CeilingExceeded' });
  expect(collections.objects.has('runs/run/plan.json')).toBe(false);
  const raised = { ...deps, ceilings: DEFAULT_CEILINGS };
  await expect(planTraces({ run_id: 'run' }, raised)).resolves.toMatchObject({ status: 'planned' });
});

test.each([
  ['a workflow', asking(), 'source.workflow.endpoint is at https://agent.example: nothing is sent there'],
  [
    'a trainer',
    { ...over('nat.jsonl'), training: { nemo_platform: { host: 'https://nemo.example', model: 'm' } } },
    'training.nemo_platform.host is at https://nemo.example: nothing is sent there',
  ],
])('%s that the stack does not list is refused before anything is written or claimed', async (_, request, said) => {
  const { collections, start } = stack({}, { endpoints: AllowedEndpoints.parse([]) });
  await expect(start(request)).rejects.toMatchObject({
    name: 'EndpointRefused',
    message: expect.stringContaining(said),
  });
  expect([...collections.objects.keys()]).toEqual([]);
});

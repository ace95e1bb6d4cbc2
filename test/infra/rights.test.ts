import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { runKeys } from '../../lib/objects/keys.ts';
import { endOf } from '../support/ended-execution.ts';
import { type NemoServer, startNemo } from '../support/nemo-server.ts';
import { customizer } from '../support/training-run.ts';
import { answers, startWorkflowServer } from '../support/workflow-server.ts';
import { type Deployed, deploy } from './deployed.ts';
import { vpcStack } from './vpc-stack.ts';

/** What one read of the S3 store takes at most: the second read of an object names the version that the first one met. */
const READ_BYTES = 8 * 2 ** 20;

let nemo: NemoServer;
let agent: Awaited<ReturnType<typeof startWorkflowServer>>;
let stack: Deployed;
beforeAll(async () => {
  nemo = await startNemo();
  agent = await startWorkflowServer((asked, response) => answers('yes', steps(asked.question, 9))(asked, response));
});
afterAll(() => Promise.all([nemo.close(), agent.close()]));

const trainer = {
  purpose: 'training',
  namespaces: ['team'],
  images: ['nvcr.io/nim/nvidia/nemotron-3.5-lightning-30b-a3b'],
} as const;
const settings = () =>
  ({
    allowedEndpoints: [
      { origin: agent.origin, purpose: 'workflow' },
      { origin: nemo.url, ...trainer },
    ],
    ceilings: { minShardBytes: 1024 },
  }) as const;

describe.each([
  ['of the stack', () => deploy({ encryptionKey: 'create', uploads: { quietMinutes: 5 }, ...settings() })],
  ['of constructs in a VPC', () => deploy({}, vpcStack(settings()))],
])('the roles %s', (_, deployed) => {
  beforeAll(async () => {
    stack = await deployed();
  });
  afterAll(() => stack.close());
  beforeEach(() => void stack.refusals.splice(0));

  test('suffice for a run whose files are larger than two reads, its training and its deployment', async () => {
    const result = await stack.execute('large', { ...large(), training: training() });
    // Also what a function got over, such as an upload that it could not abort.
    expect(stack.refusals).toEqual([]);
    expect(result).toMatchObject({ status: 'succeeded', output: { training: { status: 'completed' } } });

    expect(stack.s3.get('Collections', runKeys('large').collection)?.length).toBeGreaterThan(2 * READ_BYTES);
    const uploaded = nemo.state.repos.get('team/nat-dpo')?.get('training/training_file.jsonl');
    expect(uploaded?.length).toBeGreaterThan(2 * READ_BYTES);
    expect(nemo.state.deployments.size).toBe(1);
    expect(stack.s3.traffic.requests).toMatchObject({
      UploadPart: expect.any(Number),
      UploadPartCopy: expect.any(Number),
    });
  });

  test('suffice for a run that asks an agent', async () => {
    const rows = Array.from({ length: 4 }, (_, id) => ({ id, question: `${id}?` }));
    stack.s3.put('Traces', 'traces/rows.json', JSON.stringify(rows));
    const dataset = { bucket: 'Traces', key: 'traces/rows.json' };
    const result = await stack.execute('asked', { source: { workflow: { endpoint: agent.origin, dataset } } });
    expect(stack.refusals).toEqual([]);
    expect(result).toMatchObject({ status: 'succeeded', output: { status: 'committed', examples: 4 } });
  });

  test('suffice for a source whose groups lie apart', async () => {
    const rollout = (task: number, reward: number) =>
      JSON.stringify({ task_id: `t${task}`, prompt: 'Say it.', completion: `It, ${reward} times.`, reward });
    const lines = [0, 1].flatMap((reward) => [1, 2, 3].map((task) => rollout(task, reward)));
    stack.s3.put('Traces', 'traces/rollouts.jsonl', lines.join('\n'));
    const result = await stack.execute('scattered', {
      source: { traces: { bucket: 'Traces', key: 'traces/rollouts.jsonl' } },
      limits: { shard_bytes: 1024 },
    });
    expect(stack.refusals).toEqual([]);
    expect(result).toMatchObject({ status: 'succeeded', output: { status: 'committed', examples: 3, pairs: 3 } });
  });

  test('suffice to record a shard’s failure, and the end of an execution that was stopped', async () => {
    stack.s3.put('Traces', 'traces/broken.jsonl', '{"id": 1,\n');
    const broken = { source: { traces: { bucket: 'Traces', key: 'traces/broken.jsonl' } } };
    expect(await stack.execute('broken', broken)).toMatchObject({ status: 'failed', error: 'TooManyRejected' });
    await stack.invoke('RecordFailure', endOf('stopped', broken));
    expect(stack.refusals).toEqual([]);
    const recorded = ['broken', 'stopped'].map((run) => runKeys(run).failure);
    expect(stack.s3.keys('Collections')).toEqual(expect.arrayContaining(recorded));
  });

  test('what is not there, and what is elsewhere, is refused by name and not by IAM', async () => {
    const over = (location: object) => ({ source: { traces: location } });
    const missing = await stack.execute('missing', over({ bucket: 'Traces', key: 'traces/none.jsonl' }));
    expect(missing).toMatchObject({ status: 'failed', error: 'NoTraces' });
    stack.s3.put('Traces', 'private/a.jsonl', '{}');
    for (const location of [
      { bucket: 'Traces', prefix: '' },
      { bucket: 'Traces', key: 'private/a.jsonl' },
      { bucket: 'Other', prefix: 'traces/' },
    ]) {
      const result = await stack.execute('elsewhere', over(location));
      expect(result).toMatchObject({ status: 'failed', error: 'InvalidRequest' });
      expect(result).toHaveProperty('cause', expect.stringContaining('traces are read only under Traces/traces/'));
    }
    expect(stack.refusals).toEqual([]);
  });

  test('what a run wrote is a source, too, and a tokenizer may be anywhere in the traces bucket', async () => {
    const traces = { bucket: 'Collections', prefix: 'runs/asked/traces/' };
    const tokenizer = { bucket: 'Traces', prefix: 'models/none/' };
    const again = await stack.execute('again', { source: { traces } });
    expect(again).toEqual({ status: 'succeeded', output: expect.anything() });
    const counted = await stack.execute('counted', { source: { traces }, dataset: { tokenizer } });
    expect(counted).toMatchObject({
      error: 'InvalidRequest',
      cause: expect.stringContaining('tokenizer.json does not exist'),
    });
    expect(stack.refusals).toEqual([]);
  });

  test('suffice to gather the uploads of a folder, which are one run', async () => {
    const files = ['traces/gathered/1.jsonl', 'traces/gathered/2.jsonl'];
    for (const key of files) stack.s3.put('Traces', key, item(files.indexOf(key)));
    stack.s3.put('Traces', 'traces/gathered/run.json', '{"builder":{"min_score_diff":2}}');
    const messages = [...files, 'traces/gathered/run.json'].map(uploaded);
    const [execution, ...others] = await stack.gather(messages);
    expect(others).toEqual([]);
    const result = await stack.execute(execution?.name ?? '', execution?.input);
    expect(result).toMatchObject({ status: 'succeeded', output: { status: 'committed', examples: 2 } });
    expect(stack.refusals).toEqual([]);
  });

  test('these runs are the work of all functions', () => {
    expect(stack.functions.filter((name) => !stack.seen.has(name))).toEqual([]);
  });
});

/** A message of the queue of uploads. */
const uploaded = (key: string) => ({
  messageId: key,
  body: JSON.stringify({
    ...{ 'detail-type': 'Object Created', time: new Date().toISOString() },
    detail: { bucket: { name: 'Traces' }, object: { key } },
  }),
});

const training = () => customizer(nemo.url, { deploy_on_completion: true });

/** Shards of which S3 copies some parts and the function sends others. */
const large = () => {
  const text = Array.from({ length: 80 }, (_, id) => item(id)).join('');
  stack.s3.put('Traces', 'traces/large.jsonl', text);
  return {
    source: { traces: { bucket: 'Traces', key: 'traces/large.jsonl' } },
    limits: { shard_bytes: Math.ceil(text.length / 2) },
  };
};

const item = (id: number) =>
  `${JSON.stringify({ id, question: `${id}?`, intermediate_steps: steps(`${id}?`, 10_000) })}\n`;

/** Six candidates: each is in five pairs, so that the collection has five times the bytes of the traces. */
const steps = (input: string, answerBytes: number) =>
  Array.from({ length: 6 }, (_, candidate_index) => ({
    payload: {
      ...{ event_type: 'TTC_END', name: 'dpo_candidate_move', UUID: `${input}-${candidate_index}`, event_timestamp: 1 },
      data: {
        ...{ turn_id: input, turn_index: 0, candidate_index, score: candidate_index },
        ...{ input, output: `${input} ${'a'.repeat(answerBytes)}${candidate_index}` },
      },
    },
  }));

import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, expect, onTestFinished, test } from 'vitest';
import * as z from 'zod';
import { Manifest } from '../../lib/contract/manifest.ts';
import { Group, Rejected } from '../../lib/contract/trajectory.ts';
import { recordedItems, replay } from '../support/recorded-items.ts';
import { startS3Server } from '../support/s3-server.ts';
import {
  bareError,
  byteByByte,
  cut,
  inTurn,
  intermediate,
  part,
  type Reply,
  type Step,
  says,
  silence,
  startWorkflowServer,
  status,
} from '../support/workflow-server.ts';
import { dpo } from './dpo-process.ts';

const GOLDEN = 'test/golden/nat/workflow_output.json';
const items = recordedItems;

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dpo-workflow-'));
});
afterEach(() => rm(folder, { recursive: true }));

test('a workflow that replays the steps of a trace file gives the groups of that file, whatever goes wrong on the way', async () => {
  const inBytes = (text: string, steps: readonly Step[]): Reply =>
    byteByByte(`${steps.map(intermediate).join('')}${part(text)}`);
  const [first, second, third, fourth] = items;
  if (!first || !second || !third || !fourth) throw new Error('the golden file has four items');
  // The candidates' steps are those that count; byte by byte the others would only take time.
  const candidates = fourth.intermediate_steps.filter(({ payload }) => payload.event_type === 'TTC_END');
  const { endpoint, asked } = await workflow({
    1: inTurn(status(503, { 'retry-after': '0' }), cut, replay(first)),
    2: inTurn(status(429), replay(second)),
    3: replay(third),
    4: inTurn(cut, inBytes(fourth.generated_answer, candidates)),
    // These stay without an answer, each for a reason of its own.
    said: bareError('no model'),
    refused: status(400),
    silent: silence,
    unframed: (_asked, response) => {
      response.writeHead(200, { connection: 'close', 'transfer-encoding': 'identity' });
      response.end(part('half an answ'));
    },
    nonsense: says('intermediate_data: {"payload": "no JSON"}\n\ndata: {"value": "x"}\n\n'),
  });
  const lost = ['said', 'refused', 'silent', 'unframed', 'nonsense'];
  const request = await requestFile({
    endpoint,
    dataset: await datasetFile([...items, ...lost.map((id) => ({ id, question: 'X' }))]),
    batch_size: 2,
    timeout_seconds: 1,
    continue_on_collection_error: true,
  });

  const read = join(folder, 'read');
  expect((await dpo(['run', GOLDEN, '--out', read, '--run-id', 'r'])).code).toBe(0);
  const out = join(folder, 'out');
  const args = ['run', '--request', request, '--out', out, '--run-id', 'r', '--allow-private-endpoint'];
  const { code, stdout, stderr } = await dpo([...args, '--set', 'limits.max_rejected_fraction=1']);
  expect(stderr).toMatch(
    /^Asking the workflow 9 examples in 5 batches\.\n(?:Asking: .*\n)*The workflow left 5 examples without an answer\.\nReading 5 trace files /,
  );
  expect(code).toBe(0);
  expect(stdout).toMatch(/^examples +4 /);

  const groups = await linesOf(out, 'collection.jsonl', Group);
  expect(groups.map(withoutPlace)).toEqual((await linesOf(read, 'collection.jsonl', Group)).map(withoutPlace));
  expect(groups).toHaveLength(4);
  const losses = (await linesOf(out, 'rejected.jsonl', Rejected)).filter(({ kind }) => kind === 'item');
  expect(losses.map(({ example_id, reason }) => [example_id, reason])).toEqual([
    ['said', 'workflow_error'],
    ['refused', 'http_error'],
    ['silent', 'timeout'],
    ['unframed', 'cut_stream'],
    ['nonsense', 'unparsable_step'],
  ]);
  expect(asked.filter(({ body }) => idOf(body) === '1')).toHaveLength(3);

  const manifest = Manifest.parse(JSON.parse(await readFile(join(out, 'runs/r/manifest.json'), 'utf8')));
  expect(manifest.inputs[0]).toMatchObject({ bucket: pathToFileURL(`${folder}/`).href, key: 'questions.json' });
  expect(manifest.inputs.slice(1).map(({ key }) => key)).toContain('runs/r/traces/000000-000.jsonl');
  // The rows that were asked, and their batches, are the run's own.
  expect(await dpo(['verify', join(out, 'runs/r')])).toMatchObject({ code: 0, stderr: '' });
});

test('a failed example fails the run by name, and the same command asks only what has no answer', async () => {
  const flaky: Reply = (one, response) =>
    (idOf(one.body) === '2_rep0' && one.time === 1 ? bareError('no model') : replayOf(2))(one, response);
  const { endpoint, asked } = await workflow({ 1: replayOf(1), 2: flaky, 3: replayOf(3), 4: replayOf(4) });
  const dataset = await datasetFile(items);
  const request = await requestFile({ endpoint, dataset, reps: 2, batch_size: 1, max_concurrency: 1 });
  const args = ['run', '--request', request, '--out', join(folder, 'out'), '--allow-private-endpoint'];
  const failed = await dpo(args);
  expect(failed.code).toBe(1);
  expect(failed.stderr).toMatch(
    /^WorkflowFailed: example 2_rep0 \(row \d+ of dataset.jsonl, repetition 0\) failed after 1 tries \(workflow_error: the workflow's own log says more\)/m,
  );
  const before = asked.length;
  expect(before).toBe(2);

  const { code, stdout } = await dpo([...args, '--json']);
  expect(code).toBe(0);
  expect(asked.length - before).toBe(7);
  const { run_id, metrics, totals } = Manifest.parse(JSON.parse(stdout));
  const lines = (await readFile(join(folder, 'out', metrics.key), 'utf8')).trimEnd().split('\n');
  const repetitions = lines.map((line) => JSON.parse(line)).filter(({ scope }) => scope === 'repetition');
  const half = totals.total_pairs / 2;
  expect(repetitions).toEqual(
    [0, 1].map((run_number) => ({
      timestamp: expect.any(String),
      run_id,
      scope: 'repetition',
      run_number,
      num_trajectories: half,
      num_dpo_pairs: half,
      avg_reward: expect.any(Number),
      min_reward: expect.any(Number),
      max_reward: expect.any(Number),
    })),
  );
  expect(await dpo(args)).toMatchObject({ code: 0, stderr: expect.stringContaining('already committed') });
  expect(asked.length - before).toBe(7);
});

test('a run in a bucket’s folder reads the traces that it wrote there', async () => {
  const s3 = await startS3Server();
  onTestFinished(() => s3.close());
  s3.createBucket('collections');
  s3.createBucket('data');
  s3.put('data', 'questions.jsonl', Buffer.from(`${JSON.stringify({ id: 3, question: 'X' })}\n`));
  const { endpoint } = await workflow({ 3: replayOf(3) });
  const request = await requestFile({ endpoint, dataset: { bucket: 'data', key: 'questions.jsonl' } });
  const args = ['run', '--request', request, '--out', 's3://collections/team', '--run-id', 'r'];
  const env = {
    AWS_ENDPOINT_URL_S3: s3.endpoint,
    AWS_REGION: 'eu-central-1',
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
  };
  const { code, stderr } = await dpo([...args, '--allow-private-endpoint'], { env });
  expect(stderr).toMatch(/^Reading 1 trace file .* in 1 shard\.$/m);
  expect(code).toBe(0);
  expect(s3.get('collections', 'team/runs/r/collection.jsonl')?.toString()).toContain('"example_id":"3"');
});

test.each([
  ['without the flag, an endpoint of this machine is refused', [], 1, /^EndpointRefused: .*--allow-private-endpoint/m],
  [
    'a dataset that is not there takes no run id',
    ['--set', 'source.workflow.dataset.key=none.json'],
    2,
    /^no dataset none\.json in .*: check source\.workflow\.dataset\n$/,
  ],
])('%s', async (_, more, expected, message) => {
  const { endpoint, asked } = await workflow({});
  const request = await requestFile({ endpoint, dataset: await datasetFile(items) });
  const { code, stderr } = await dpo(['run', '--request', request, '--out', join(folder, 'out'), ...more]);
  expect(stderr).toMatch(message);
  expect(code).toBe(expected);
  expect(asked).toHaveLength(0);
});

/** A workflow that answers each example by its id. */
async function workflow(replies: Readonly<Record<string, Reply>>) {
  const server = await startWorkflowServer((one, response) => {
    const id = idOf(one.body);
    const time = server.asked.filter(({ body }) => idOf(body) === id).length;
    return replies[id.replace(/_rep\d+$/, '')]?.({ ...one, time }, response);
  });
  onTestFinished(async () => {
    await server.close();
  });
  return { endpoint: server.origin, asked: server.asked };
}

const idOf = (body: unknown): string => String(z.object({ id: z.unknown() }).parse(body).id);

const replayOf = (id: number): Reply => replay(items.find((each) => each.id === id));

async function datasetFile(rows: readonly unknown[]) {
  await writeFile(join(folder, 'questions.json'), JSON.stringify(rows));
  return { bucket: pathToFileURL(folder).href, key: 'questions.json' };
}

async function requestFile(settings: object): Promise<string> {
  const file = join(folder, 'request.json');
  const body = { input_message: '{{question}}', id: '{{id}}' };
  await writeFile(file, JSON.stringify({ source: { workflow: { body, ...settings } } }));
  return file;
}

async function linesOf<Schema extends z.ZodType>(out: string, name: string, schema: Schema) {
  const text = await readFile(join(out, 'runs/r', name), 'utf8');
  return text
    .trimEnd()
    .split('\n')
    .map((line): z.infer<Schema> => schema.parse(JSON.parse(line)));
}

/** All but where in which file it was read. */
const withoutPlace = ({ example_id, trajectories }: Group) => ({
  example_id,
  trajectories: trajectories.map(({ metadata: { lineage, ...metadata }, ...trajectory }) => ({
    ...trajectory,
    metadata,
    uuids: [lineage.chosen_uuid, lineage.rejected_uuid],
  })),
});

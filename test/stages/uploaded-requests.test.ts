import { describe, expect, test } from 'vitest';
import { RunFailure } from '../../lib/contract/failure.ts';
import { Request } from '../../lib/contract/request.ts';
import type { S3Event } from '../../lib/contract/start.ts';
import { InvalidRequest } from '../../lib/errors.ts';
import { runKeys } from '../../lib/objects/keys.ts';
import { readJson } from '../../lib/objects/stored-json.ts';
import { type EvaluateDeps, evaluate } from '../../lib/stages/evaluate.ts';
import { recordFailure } from '../../lib/stages/record-failure.ts';
import { uploadedRunId } from '../../lib/stages/request-of.ts';
import { eventOf } from '../faults/upload-events.ts';
import { memoryStore } from '../support/memory-store.ts';
import { memoryDeps } from '../support/run.ts';
import { customizer } from '../support/training-run.ts';

const TRACE = '{"id":1,"intermediate_steps":[]}\n';

/** A stack with traces of two teams, a run of another person and a `run.json` that was just uploaded. */
async function uploadOf(runJson: unknown, more: Partial<EvaluateDeps> = {}) {
  const traces = memoryStore('traces');
  const collections = memoryStore('collections');
  for (const key of ['traces/mine/a.jsonl', 'traces/theirs/a.jsonl']) traces.objects.set(key, Buffer.from(TRACE));
  collections.objects.set('runs/theirs/collection.jsonl', Buffer.from('{"id":1,"question":"private"}\n'));
  const text = typeof runJson === 'string' ? runJson : JSON.stringify(runJson);
  traces.objects.set('traces/mine/run.json', Buffer.from(text));
  const event = await eventOf(traces, 'traces/mine/run.json');
  const readable = { bucket: 'traces', prefix: 'traces/' };
  const deps = { ...memoryDeps(traces, collections), readable, ...more };
  return { event, deps, traces, collections, run: uploadedRunId(event) ?? 'none' };
}

const start = (event: S3Event, deps: EvaluateDeps) => evaluate({ execution: 'e', input: event }, deps);

/** What the state machine does with an upload that Evaluate refuses: its `failure.json`. */
async function failureOf({ event, deps, run }: Awaited<ReturnType<typeof uploadOf>>): Promise<RunFailure> {
  const error = await start(event, deps).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof InvalidRequest)) throw new Error('the upload is refused', { cause: error });
  const failure = { Error: error.name, Cause: JSON.stringify({ errorMessage: error.message }) };
  const failed = { state: 'Evaluate', started_with: event, failure };
  expect(await recordFailure({ execution: 'e', failed }, deps)).toMatchObject({ recorded: runKeys(run).failure });
  return readJson(deps.collections, runKeys(run).failure, RunFailure);
}

const workflow = { endpoint: 'https://attacker.example.com', dataset: { bucket: 'traces', key: 'traces/rows.csv' } };
const REFUSED = {
  source: { workflow: { ...workflow, dataset: { bucket: 'collections', key: 'runs/theirs/collection.jsonl' } } },
  training: customizer('https://attacker.example.com'),
  run_id: 'theirs',
};

test('an uploaded run.json sets builder, dataset and limits for the traces of its own folder', async () => {
  const settings = { builder: { min_score_diff: 0.5 }, dataset: { formats: ['trl'] }, limits: { shard_bytes: 2048 } };
  const { event, deps, run } = await uploadOf(settings);
  expect(await start(event, deps)).toMatchObject({ run_id: run, status: 'planned', inputs: 1 });
  expect(await readJson(deps.collections, runKeys(run).request, Request)).toMatchObject({
    ...settings,
    run_id: run,
    source: { traces: { bucket: 'traces', prefix: 'traces/mine/' } },
  });
});

describe('anything else of an uploaded run.json is refused by name in failure.json, and nothing is claimed:', () => {
  test.each([
    ['an agent that is sent a dataset', { source: REFUSED.source }, ['source']],
    ['traces of another folder', { source: { traces: { bucket: 'traces', prefix: 'traces/theirs/' } } }, ['source']],
    ['its own folder, too', { source: { traces: { bucket: 'traces', prefix: 'traces/mine/' } } }, ['source']],
    ['training', { training: REFUSED.training }, ['training']],
    ["another's run id", { run_id: 'theirs' }, ['run_id']],
    ['a setting that does not exist', { finetuning: { enabled: true } }, ['finetuning']],
    ['a name that JavaScript knows', '{"__proto__":{"run_id":"theirs"}}', ['__proto__']],
    ['all of them', { builder: {}, ...REFUSED, extra: 1 }, ['source', 'training', 'run_id', 'extra']],
    [
      'more than anyone reads',
      { ...Object.fromEntries(Array.from({ length: 999 }, (_, at) => [`${at}`.repeat(99), 1])), ...REFUSED },
      ['source', 'training', 'run_id'],
    ],
  ])('%s', async (_, runJson, names) => {
    const upload = await uploadOf(runJson);
    const before = [...upload.collections.objects.keys()];
    const { run_id, error, message } = await failureOf(upload);
    expect({ run_id, error }).toEqual({ run_id: upload.run, error: 'InvalidRequest' });
    expect(message).toMatch(
      /^traces\/traces\/mine\/run\.json sets .*: an uploaded run\.json may set only builder, dataset, limits, report\. /,
    );
    const [, named = ''] = message.match(/ sets (.*?): /) ?? [];
    for (const name of names) expect(named.split(', ')).toContain(name);
    expect(named).not.toMatch(/builder|attacker|theirs/);
    expect([...upload.collections.objects.keys()]).toEqual([...before, runKeys(upload.run).failure]);
  });
});

test.each([
  ['no JSON', '{"builder":', 'is not valid JSON'],
  ['no object', '[1]', 'must hold a request'],
  ['a setting that is wrong', { builder: { min_score_dif: 1 } }, 'did you mean builder.min_score_diff?'],
])('%s in a run.json is told in the run of the upload', async (_, runJson, message) => {
  expect((await failureOf(await uploadOf(runJson))).message).toContain(message);
});

test('a refused upload changes nothing of a run that has its id', async () => {
  const { event, deps, collections, run } = await uploadOf(REFUSED);
  collections.objects.set(runKeys(run).request, Buffer.from('{}'));
  const before = new Map(collections.objects);
  const failed = { state: 'Evaluate', started_with: event, failure: { Error: 'InvalidRequest', Cause: 'x' } };
  expect(await recordFailure({ execution: 'e', failed }, deps)).toMatchObject({ recorded: null });
  expect(collections.objects).toEqual(before);
});

test('a stack that takes all requests from uploads takes a source as well, for a run named after the upload', async () => {
  const theirs = { traces: { bucket: 'traces', prefix: 'traces/theirs/' } };
  const { event, deps, run } = await uploadOf({ source: theirs }, { requestsFromUploads: 'all' });
  expect(await start(event, deps)).toMatchObject({ run_id: run, status: 'planned' });
  expect(await readJson(deps.collections, runKeys(run).request, Request)).toMatchObject({ source: theirs });
  const failed = { state: 'Evaluate', started_with: event, failure: { Error: 'StoreRefused', Cause: 'x' } };
  expect(await recordFailure({ execution: 'e', failed }, deps)).toMatchObject({ recorded: runKeys(run).failure });
});

test("no upload takes another's run id, not even where a stack takes all requests", async () => {
  const upload = await uploadOf({ run_id: 'theirs' }, { requestsFromUploads: 'all' });
  const before = [...upload.collections.objects.keys()];
  const { run_id, message } = await failureOf(upload);
  expect(run_id).toBe(upload.run);
  expect(message).toContain('run.json sets run_id: a run that an upload starts is named after the upload');
  expect([...upload.collections.objects.keys()]).toEqual([...before, runKeys(upload.run).failure]);
});

test('a run.json may name its schema', async () => {
  const { event, deps, run } = await uploadOf({ $schema: 'request.schema.json', report: { text: false } });
  expect(await start(event, deps)).toMatchObject({ run_id: run, status: 'planned' });
});

describe("a workflow's dataset is read under the traces prefix only,", () => {
  const PLACES = [
    ['collections', 'runs/theirs/collection.jsonl'],
    ['collections', 'traces/rows.csv'],
    ['traces', 'private/rows.csv'],
    ['traces', 'traces'],
    ['traces', 'my-traces/rows.csv'],
  ] as const;
  const sourceAt = (bucket: string, key: string) => ({ workflow: { ...workflow, dataset: { bucket, key } } });

  test.each(PLACES)('however the run is started: not %s, %s', async (bucket, key) => {
    const request = { source: sourceAt(bucket, key) };
    const { event, deps, traces, collections } = await uploadOf(request, { requestsFromUploads: 'all' });
    for (const store of [traces, collections]) store.objects.set(key, Buffer.from('id,question\n1,private\n'));
    const before = new Map(collections.objects);
    for (const input of [event, { run_id: 'r', ...request }]) {
      await expect(evaluate({ execution: 'e', input }, deps)).rejects.toThrow(
        `source.workflow.dataset is ${key} in bucket ${bucket}: datasets are read only under traces/traces/. `,
      );
    }
    expect(collections.objects).toEqual(before);
  });

  test('where it is read', async () => {
    const { deps, traces } = await uploadOf({});
    traces.objects.set('traces/rows.csv', Buffer.from('id,question\n1,what?\n'));
    const planned = await evaluate({ execution: 'e', input: { source: { workflow } } }, deps);
    expect(planned).toMatchObject({ status: 'workflow', workflow: { examples: 1 } });
  });
});

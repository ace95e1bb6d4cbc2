import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { evaluate } from '../../lib/stages/evaluate.ts';
import { eventOf } from '../faults/upload-events.ts';
import { memoryStore } from '../support/memory-store.ts';
import { memoryDeps } from '../support/run.ts';

const FOLDER = new URL('../golden/nat/evaluations/profiled/', import.meta.url);

/** What Evaluate makes of the upload of this object, and what it leaves. */
async function upload(key: string, bytes: Buffer) {
  const [traces, collections] = [memoryStore('traces'), memoryStore('collections')];
  await traces.create(key, bytes);
  const event = await eventOf(traces, key);
  const { status } = await evaluate({ execution: 'e', input: event }, memoryDeps(traces, collections));
  return { status, left: [...collections.objects.keys()] };
}

test('of a whole evaluation that NAT uploads, the traces start a run and nothing else does', async () => {
  const files = readdirSync(FOLDER, { recursive: true, encoding: 'utf8' }).filter((path) => /\.\w+$/.test(path));
  const started = new Map<string, string>();
  for (const path of files) {
    const { status, left } = await upload(`traces/${path}`, readFileSync(new URL(path, FOLDER)));
    started.set(path.slice(path.lastIndexOf('/') + 1), status);
    if (status === 'passed_over') expect(left).toEqual([]);
  }
  expect([...started].filter(([, status]) => status !== 'passed_over')).toEqual([['workflow_output.json', 'planned']]);
  expect(started.size).toBe(12);
});

test('an object that is only named as an evaluator names its own starts a run', async () => {
  const trace = Buffer.from('{"id":1,"intermediate_steps":[]}\n');
  expect(await upload('traces/my_output.json', trace)).toMatchObject({ status: 'planned' });
  expect(await upload('traces/my_output.json', Buffer.from('{"average_score": 1, "eval_output_items": []}'))).toEqual({
    status: 'passed_over',
    left: [],
  });
});

test('a request that names such an object alone is a run', async () => {
  const [traces, collections] = [memoryStore('traces'), memoryStore('collections')];
  await traces.create('config_metadata.json', Buffer.from('{"id":1,"intermediate_steps":[]}\n'));
  const input = { source: { traces: { bucket: 'traces', key: 'config_metadata.json' } } };
  const { status } = await evaluate({ execution: 'e', input }, memoryDeps(traces, collections));
  expect(status).toBe('planned');
});

test.each(['._a.jsonl', '.ipynb_checkpoints/a-checkpoint.jsonl', '__MACOSX/a.jsonl', '__pycache__/a.json'])(
  'what lies beside files of a folder that is uploaded starts no run: %s',
  async (path) => {
    const trace = Buffer.from('{"id":1,"intermediate_steps":[]}\n');
    expect(await upload(`traces/${path}`, trace)).toEqual({ status: 'passed_over', left: [] });
    expect((await upload(`traces/_${path.replaceAll(/[._]/g, '')}.json`, trace)).status).toBe('planned');
  },
);

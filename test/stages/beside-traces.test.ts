import { link, mkdir, mkdtemp, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { fileStore } from '../../adapters/files/file-store.ts';
import type { ObjectStore } from '../../lib/objects/store.ts';
import { memoryStore } from '../support/memory-store.ts';
import { memoryDeps, runSteps } from '../support/run.ts';
import { archiveOf } from '../support/zip-archive.ts';

/*
 * What a folder holds beside traces is passed over by a rule, counted, and named once; a file that a person names is read.
 */

const step = (output: string, score: number) => ({
  payload: {
    ...{ event_type: 'TTC_END', name: 'dpo_candidate_move', UUID: `${output}`, metadata: {} },
    data: { turn_id: 't', candidate_index: 1 - score, score, input: 'Ask', output },
  },
});
const lines = (records: readonly object[]) => Buffer.from(records.map((one) => `${JSON.stringify(one)}\n`).join(''));
const item = (id: string) => ({ id, intermediate_steps: [step('A', 1), step('B', 0)] });
/** Two pairs each, in two readers. */
const KINDS = {
  "NAT's traces": (name: string) => lines([item(`${name}1`), item(`${name}2`)]),
  rollouts: (name: string) =>
    lines(
      [0, 1, 2, 3].map((at) => ({
        ...{ task_id: `${name}${at >> 1}`, prompt: `Q${name}${at >> 1}`, response: `A${at}`, reward: at },
      })),
    ),
} as const;

async function runOver(store: ObjectStore, request: object = {}) {
  const { manifest, totals, groups } = await runSteps(
    { source: { traces: { bucket: 'traces', prefix: '' } }, ...request },
    memoryDeps(store),
  );
  return {
    pairs: totals.total_pairs,
    keys: [
      ...new Set(groups.flatMap(({ trajectories }) => trajectories.map(({ metadata }) => metadata.lineage.key))),
    ].sort(),
    lost: totals.rejected_items,
    passedOver: manifest.warnings.filter((warning) => warning.startsWith('Passed over')),
  };
}

async function storeOf(objects: Readonly<Record<string, Buffer>>): Promise<ObjectStore> {
  const store = memoryStore('traces');
  for (const [key, bytes] of Object.entries(objects)) await store.create(key, bytes);
  return store;
}

const TRAINER_STATE = Buffer.from(JSON.stringify({ best_metric: null, log_history: [{ loss: 1 }] }, null, 2));

describe.each(Object.entries(KINDS))('%s in a folder', (_, traces) => {
  test.each<[string, string, Buffer, RegExp]>([
    [
      "AppleDouble's shadow",
      '._a.jsonl',
      Buffer.from([0, 5, 22, 7, 0]),
      /begins with "\." or "_" \(1 file\): \._a\.jsonl/,
    ],
    ['a checkpoint of a notebook', '.ipynb_checkpoints/a.jsonl', traces('a'), /\.ipynb_checkpoints\/a\.jsonl/],
    ['the log of a table', '_delta_log/0.json', lines([{ commitInfo: {} }]), /_delta_log\/0\.json/],
    [
      'a README',
      'README.md',
      Buffer.from('# Traces\n'),
      /its name is not that of a file with records \(1 file\): README\.md/,
    ],
    ["a trainer's checkpoint", 'checkpoint-10/trainer_state.json', TRAINER_STATE, /checkpoint-10\/trainer_state\.json/],
    [
      'metrics of another tool',
      'metrics.jsonl',
      lines([
        { step: 1, loss: 0.5 },
        { step: 2, loss: 0.4 },
      ]),
      /metrics\.jsonl/,
    ],
  ])('are read, and beside them is passed over and named once: %s', async (_, name, bytes, named) => {
    const store = await storeOf({ 'a.jsonl': traces('a'), 'b/c.jsonl': traces('c'), [name]: bytes });
    const { pairs, keys, lost, passedOver } = await runOver(store);
    expect({ pairs, keys, lost }).toEqual({ pairs: 4, keys: ['a.jsonl', 'b/c.jsonl'], lost: {} });
    expect(passedOver).toEqual([expect.stringMatching(named)]);
  });

  test('are read without the runs of this project that lie beside them', async () => {
    const run = {
      ...{ 'out/runs/r/request.json': lines([{}]), 'out/runs/r/plan.json': lines([{}]) },
      ...{ 'out/runs/r/rejected.jsonl': traces('r'), 'out/runs/r/datasets/trl/train.jsonl': lines([{ prompt: 'Q' }]) },
    };
    const { keys, passedOver } = await runOver(await storeOf({ 'a.jsonl': traces('a'), ...run }));
    expect(keys).toEqual(['a.jsonl']);
    expect(passedOver).toEqual([
      expect.stringMatching(/a run of this project wrote it; .* \(4 files\): out\/runs\/r\/\.$/),
    ]);
  });

  test('are read in an archive without what macOS and notebooks leave in it', async () => {
    const bytes = archiveOf([
      { name: 'a.jsonl', text: traces('a') },
      { name: '__MACOSX/._a.jsonl', text: Buffer.from([0, 5, 22, 7]) },
      { name: '.ipynb_checkpoints/a-checkpoint.jsonl', text: traces('a') },
    ]);
    const { pairs, lost, passedOver } = await runOver(await storeOf({ 'a.zip': bytes }));
    expect({ pairs, lost }).toEqual({ pairs: 2, lost: {} });
    expect(passedOver).toEqual([
      expect.stringMatching(
        /\(2 files\): a\.zip!\/__MACOSX\/\._a\.jsonl, a\.zip!\/\.ipynb_checkpoints\/a-checkpoint\.jsonl\./,
      ),
    ]);
  });

  test('are read in archives without other files, each of which is counted and named', async () => {
    const archive = (name: string) =>
      archiveOf([
        { name: 'README.md', text: Buffer.from('# Traces') },
        { name: `${name}.jsonl`, text: traces(name) },
        { name: 'plots/', text: Buffer.alloc(0), method: 0 },
        { name: 'plots/loss.png', text: Buffer.from([0x89, 0x50]) },
      ]);
    const { pairs, lost, passedOver } = await runOver(await storeOf({ 'a.zip': archive('a'), 'b.zip': archive('b') }));
    expect({ pairs, lost }).toEqual({ pairs: 4, lost: {} });
    expect(passedOver).toEqual([
      'Passed over, because its name is not that of a file with records (4 files): ' +
        'a.zip!/README.md, a.zip!/plots/loss.png, b.zip!/README.md, b.zip!/plots/loss.png.',
    ]);
  });

  test('are read in an archive whose entries have no names of files with records', async () => {
    const bytes = archiveOf([
      { name: 'first', text: traces('a') },
      { name: 'second.txt', text: traces('b') },
    ]);
    const { pairs, passedOver } = await runOver(await storeOf({ 'a.zip': bytes }));
    expect({ pairs, passedOver }).toEqual({ pairs: 4, passedOver: [] });
  });

  test('are read once where another name is a link to their file', async () => {
    const top = await mkdtemp(join(tmpdir(), 'twins-'));
    await mkdir(join(top, 'sub'));
    await writeFile(join(top, 'b.jsonl'), traces('b'));
    await writeFile(join(top, '.blob'), traces('blob'));
    await symlink('b.jsonl', join(top, 'a.jsonl'));
    await symlink('../b.jsonl', join(top, 'sub/c.jsonl'));
    await symlink('a.jsonl', join(top, 'd.jsonl'));
    await link(join(top, 'b.jsonl'), join(top, 'e.jsonl'));
    await symlink('.blob', join(top, 'x.jsonl'));
    await symlink('.blob', join(top, 'y.jsonl'));
    const { keys, pairs, passedOver } = await runOver(fileStore(top));
    expect({ keys, pairs }).toEqual({ keys: ['b.jsonl', 'x.jsonl'], pairs: 4 });
    expect(passedOver).toEqual([
      expect.stringContaining('.blob'),
      'Passed over, because it is the same file as another one that is read (5 files): ' +
        'a.jsonl, d.jsonl, e.jsonl, sub/c.jsonl, y.jsonl.',
    ]);
    const named = ['a.jsonl', 'b.jsonl'].map((key) => ({ bucket: 'traces', key }));
    const store = fileStore(top, new Set(['a.jsonl', 'b.jsonl']));
    const both = await runOver(store, { source: { traces: [...named, { bucket: 'traces', prefix: '' }] } });
    expect(both.keys).toEqual(['a.jsonl', 'x.jsonl']);
  });

  test('are read beside a file of another character set, which is named with what it is', async () => {
    const store = await storeOf({
      'a.jsonl': traces('a'),
      'b.csv': Buffer.from('\ufeffprompt,response\nQ,A\n', 'utf16le'),
      'c.csv': Buffer.from('prompt;response\nQ;A\n'),
    });
    const { pairs, lost, passedOver } = await runOver(store);
    expect({ pairs, lost }).toEqual({ pairs: 2, lost: {} });
    expect(passedOver).toEqual([
      'Passed over, because it is UTF-16 text; save it as UTF-8 (1 file): b.csv.',
      'Passed over, because its cells are separated by ";": save it with commas, or with tabs (1 file): c.csv.',
    ]);
  });

  test('a folder whose name the prefix says is read though it is hidden', async () => {
    const store = await storeOf({ '_mine/a.jsonl': traces('a'), '.cache/b.jsonl': traces('b') });
    for (const [prefix, key] of [
      ['_mine/', '_mine/a.jsonl'],
      ['_mi', '_mine/a.jsonl'],
      ['.cache/', '.cache/b.jsonl'],
    ] as const) {
      expect((await runOver(store, { source: { traces: { bucket: 'traces', prefix } } })).keys).toEqual([key]);
    }
  });

  test('files that a person names are read whatever they are called', async () => {
    const store = await storeOf({ '.a': traces('a'), '_b.txt': traces('b'), 'c.jsonl': traces('c') });
    const named = ['.a', '_b.txt', 'c.jsonl'].map((key) => ({ bucket: 'traces', key }));
    const { pairs, passedOver } = await runOver(store, { source: { traces: named } });
    expect({ pairs, passedOver }).toEqual({ pairs: 6, passedOver: [] });
  });

  test('a file that a person names and nobody can read ends the run by its name, whatever is beside it', async () => {
    const rollouts = [0, 1].map(
      (at) => `${JSON.stringify({ task_id: 't', prompt: 'Q', response: `${at}`, reward: at })}\n`,
    );
    const store = await storeOf({
      'a.jsonl': Buffer.from(rollouts.join('')),
      'b.jsonl': Buffer.from(`\ufeff${rollouts.join('')}`, 'utf16le'),
      'c.jsonl': Buffer.from('{"loss":0.5}\n'),
    });
    const over = (...keys: readonly string[]) =>
      runOver(store, { source: { traces: keys.map((key) => ({ bucket: 'traces', key })) } });
    await expect(over('a.jsonl', 'b.jsonl')).rejects.toThrow(/^b\.jsonl cannot be read: it is UTF-16 text/);
    await expect(over('a.jsonl', 'c.jsonl')).rejects.toThrow(/1 of 3 records could not be read.*The first is c\.jsonl/);
  });

  test('links that lead out of it are named; a link that a person names is read', async () => {
    const top = await mkdtemp(join(tmpdir(), 'links-'));
    const put = async (path: string, bytes: Buffer) => {
      await mkdir(dirname(join(top, path)), { recursive: true });
      await writeFile(join(top, path), bytes);
    };
    await put('blobs/abc', traces('blob'));
    await put('snapshot/real.jsonl', traces('real'));
    await symlink('../blobs/abc', join(top, 'snapshot/linked.jsonl'));
    await symlink('nowhere', join(top, 'snapshot/dangling.jsonl'));
    await symlink('../blobs', join(top, 'snapshot/folder'));
    const { keys, passedOver } = await runOver(fileStore(join(top, 'snapshot')));
    expect(keys).toEqual(['real.jsonl']);
    expect(passedOver).toEqual([expect.stringMatching(/link.*\(3 files\): dangling\.jsonl, folder, linked\.jsonl\.$/)]);
    const named = fileStore(join(top, 'snapshot'), new Set(['linked.jsonl']));
    const traceFile = { source: { traces: { bucket: 'traces', key: 'linked.jsonl' } } };
    expect((await runOver(named, traceFile)).keys).toEqual(['linked.jsonl']);
  });
});

test('every one of many compressed traces of NAT is read, or named', async () => {
  const traces = KINDS["NAT's traces"];
  const names = Array.from({ length: 40 }, (_, at) => `${String(at).padStart(2, '0')}.jsonl`);
  const store = await storeOf(
    Object.fromEntries(
      names.map((name, at) =>
        at % 2 === 0 ? [`${name}.zst`, zstdCompressSync(traces(name))] : [`${name}.gz`, gzipSync(traces(name))],
      ),
    ),
  );
  expect(await runOver(store)).toMatchObject({ pairs: 80, passedOver: [] });
  await store.create('99.csv', Buffer.from('step,loss\n1,0.5\n'));
  expect(await runOver(store)).toMatchObject({ pairs: 80, passedOver: [expect.stringContaining('99.csv')] });
});

test.each(['nat', 'strict'])(
  'what holds no traces is passed over where their format is named, too (%s)',
  async (compatibility) => {
    const store = await storeOf({
      'a.json': KINDS["NAT's traces"]('a'),
      'metrics.jsonl': lines([{ step: 1, loss: 0.5 }]),
      'state.json': TRAINER_STATE,
    });
    const format = compatibility === 'strict' ? { format: 'nat' } : {};
    const { pairs, lost, passedOver } = await runOver(store, {
      source: { traces: { bucket: 'traces', prefix: '' }, ...format },
      builder: { compatibility },
    });
    expect({ pairs, lost }).toEqual({ pairs: 2, lost: {} });
    expect(passedOver).toEqual([
      expect.stringMatching(/it holds no traces \(2 files\): metrics\.jsonl, state\.json\./),
    ]);
  },
);

test('a folder with nothing to read says what it holds', async () => {
  const store = await storeOf({ 'README.md': Buffer.from('#'), '.a.jsonl': Buffer.from('{}') });
  await expect(runOver(store)).rejects.toThrow(/No file with records.*\.a\.jsonl.*README\.md/s);
});

test('the folder of a run, named by itself, is its collection', async () => {
  const first = memoryStore('collections');
  const traces = await storeOf({ 'a.jsonl': KINDS["NAT's traces"]('a') });
  await runSteps({ source: { traces: { bucket: 'traces', prefix: '' } } }, memoryDeps(traces, first));
  const source = { traces: { bucket: 'traces', prefix: 'runs/run/' } };
  const { keys, pairs, passedOver } = await runOver(first, { source });
  expect({ keys, pairs }).toEqual({ keys: ['runs/run/collection.jsonl'], pairs: 2 });
  expect(passedOver.join(' ')).toContain('runs/run/');
});

test("an archive's entries that are no part of its records are named; what its writer leaves is not", async () => {
  const sample = (epoch: number) => ({
    ...{ id: 's', epoch, input: 'Q', target: 'A' },
    messages: [
      { role: 'user', content: 'Q' },
      { role: 'assistant', content: `A${epoch}` },
    ],
    ...{ output: { choices: [{ message: { role: 'assistant', content: `A${epoch}` } }] } },
    scores: { match: { value: epoch - 1 } },
  });
  const json = (value: unknown) => Buffer.from(JSON.stringify(value));
  const bytes = archiveOf([
    { name: '_journal/start.json', text: json({ eval: { task: 't' } }) },
    { name: 'samples/s_epoch_1.json', text: json(sample(1)) },
    { name: 'samples/s_epoch_2.json', text: json(sample(2)) },
    { name: 'summaries.json', text: json([]) },
    { name: 'header.json', text: json({ eval: { task: 't' } }) },
    { name: 'mine.jsonl', text: json({ note: 'x' }) },
  ]);
  const { pairs, passedOver } = await runOver(await storeOf({ 'a.eval': bytes }));
  expect(pairs).toBe(1);
  expect(passedOver).toEqual([expect.stringMatching(/archive \(1 file\): a\.eval!\/mine\.jsonl\.$/)]);
});

test('losses of many parts of one record are counted against the parts', async () => {
  const span = (at: number) => ({
    ...{ traceId: '', spanId: `${at}`, name: 'chat', startTimeUnixNano: '1' },
    attributes: [{ key: 'gen_ai.operation.name', value: { stringValue: 'chat' } }],
  });
  const batch = { resourceSpans: [{ scopeSpans: [{ spans: Array.from({ length: 30 }, (_, at) => span(at)) }] }] };
  const store = await storeOf({ 'a.jsonl': lines([batch]) });
  const source = { traces: { bucket: 'traces', prefix: '' }, score: 'quality' };
  await expect(runOver(store, { source })).rejects.toThrow(/^30 of 30 parts of records could not be read/);
});

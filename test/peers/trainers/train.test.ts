import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { exported } from '../../datasets/collections.ts';
import { pythonOf, runPython } from '../python.ts';
import { groupsOf, KINDS } from './corpus.ts';
import { TORCH } from './loaders.ts';

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const ON_CPU = { CUDA_VISIBLE_DEVICES: '', HF_HUB_OFFLINE: '1' };

let python = '';
let folder = '';
beforeAll(async () => {
  python = await pythonOf(TORCH);
  folder = await mkdtemp(join(tmpdir(), 'dpo-train-'));
  await runPython(python, [here('tiny_model.py'), join(folder, 'model')]);
}, 1_800_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

test.each<[string, { formats?: string[]; columns?: string[]; [name: string]: unknown }]>([
  ['chat', {}],
  ['chat', { formats: ['trl_kto'] }],
  ['tool-answers', { formats: ['trl_kto'] }],
  ['chat', { columns: ['margin'] }],
  ['text', {}],
  ['curriculum', { curriculum: { buckets: 3 } }],
  ['chat', { validation_fraction: 0 }],
  ['chat', { file_type: 'parquet' }],
  ['base', { prompt_style: 'text' }],
  ['late-tools', {}],
  ['conversations', {}],
])('examples/train_trl.py takes a step on a run of the kind %s with %j, without a GPU', async (name, dataset) => {
  const kind = KINDS.find((one) => one.name === name);
  if (!kind) throw new Error(`There is no kind ${name}.`);
  const pairs = kind.pairs.slice(-60);
  const { bodies, result } = await exported(groupsOf({ ...kind, pairs }), { formats: ['trl'], ...dataset });
  const run = await mkdtemp(join(folder, 'run-'));
  for (const [file, body] of bodies) {
    const path = join(run, file);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, body);
  }
  const [format] = dataset.formats ?? ['trl'];
  const method = dataset.formats ? 'kto' : dataset.columns ? 'reward' : 'dpo';
  const printed = await runPython(
    python,
    [
      ...[
        here('../../../examples/train_trl.py'),
        join(run, format ?? ''),
        '--method',
        method,
        '--model',
        join(folder, 'model'),
      ],
      ...['--max-steps', '1', '--output', join(run, 'trained')],
    ],
    { ...ON_CPU, HF_HOME: join(folder, 'hf') },
  );
  expect(printed).toContain('There is no GPU here');
  const rows = (result.selections.whole?.training.pairs ?? 0) * (method === 'kto' ? 2 : 1);
  expect(printed).toContain(`Trained 1 steps on ${rows} rows`);
});

test('a folder that is no dataset gets a sentence', async () => {
  const failed = runPython(python, [here('../../../examples/train_trl.py'), folder], ON_CPU);
  await expect(failed).rejects.toMatchObject({
    stderr: expect.stringMatching(/^.* has no README\.md, which tells how to read it.*\n$/),
  });
});

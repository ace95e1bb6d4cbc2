import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import type { FormatName } from '../../../lib/contract/dataset.ts';
import { exported } from '../../datasets/collections.ts';
import { pythonOf, runPython } from '../python.ts';
import { groupsOf, KINDS } from './corpus.ts';
import { AXOLOTL, TORCH, TRL_0 } from './loaders.ts';

/** docs/training.md's recipe for each trainer that can take a step on a CPU. */
const DOCS = fileURLToPath(new URL('../../../docs/training.md', import.meta.url));
const TINY_MODEL = fileURLToPath(new URL('tiny_model.py', import.meta.url));
const ENVIRONMENT = {
  CUDA_VISIBLE_DEVICES: '',
  HF_HUB_OFFLINE: '1',
  // They ask for older packages than they run with.
  DISABLE_VERSION_CHECK: '1',
  AXOLOTL_DO_NOT_TRACK: '1',
  DO_NOT_TRACK: '1',
};

let folder = '';
let model = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dpo-recipes-'));
  model = join(folder, 'model');
  await runPython(await pythonOf(TORCH), [TINY_MODEL, model]);
}, 1_800_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

test.each<[kind: string, changes: object]>([
  ['chat', {}],
  ['tool-answers', {}],
  ['chat', { eval_dataset: undefined }],
  ['curriculum', { dataset: 'dpo_training_1,dpo_training_2,dpo_training_3' }],
])(
  'LLaMA-Factory trains on a run of the kind %s by its recipe, with %j',
  async (kind, changes) => {
    const run = await writeRun(kind, 'llama_factory', changes);
    const recipe = parse(await recipeOf('LLaMA-Factory', run));
    const python = await pythonOf(TRL_0);
    const config = { ...recipe, ...changes, ...LLAMA_FACTORY, model_name_or_path: model, output_dir: join(run, 'out') };
    expect(await train(join(dirname(python), 'llamafactory-cli'), ['train', await configFile(run, config)])).toMatch(
      /train_loss/,
    );
  },
  1_800_000,
);

const LLAMA_FACTORY = {
  ...{ do_train: true, finetuning_type: 'full', use_cpu: true, report_to: 'none', overwrite_cache: true },
  ...{ max_steps: 1, per_device_train_batch_size: 2, cutoff_len: 4096, preprocessing_num_workers: 1 },
};

test.each(['chat', 'tool-answers', 'conversations'])(
  'ms-swift trains on a run of the kind %s by its recipe',
  async (kind) => {
    const run = await writeRun(kind, 'ms_swift');
    const recipe = (await recipeOf('ms-swift', run)).replaceAll('\\\n', ' ').trim().split(/\s+/);
    const [command = '', ...args] = recipe.map((word) => (word === 'Qwen/Qwen2.5-0.5B-Instruct' ? model : word));
    const python = await pythonOf(TRL_0);
    expect(await train(join(dirname(python), command), [...args, ...SWIFT, '--output_dir', join(run, 'out')])).toMatch(
      /'?train_loss'?/,
    );
  },
  1_800_000,
);

const SWIFT = [
  ...['--max_steps', '1', '--tuner_type', 'full', '--torch_dtype', 'float32', '--bf16', 'false', '--fp16', 'false'],
  // A model of Qwen's is known by its name; this one has none.
  ...['--model_type', 'qwen2', '--template', 'qwen2_5', '--use_hf', 'true'],
];

test.each<[kind: string, dataset: object]>([
  ['chat', {}],
  ['chat', { file_type: 'parquet' }],
  ['text', {}],
])(
  'axolotl trains on a run of the kind %s by its recipe, with %j',
  async (kind, dataset) => {
    const run = await writeRun(kind, 'axolotl', dataset);
    const recipe = parse(await recipeOf('axolotl', run));
    if ('file_type' in dataset) {
      recipe.datasets[0].path = join(run, 'datasets/axolotl/training-00000-of-00001.parquet');
      recipe.datasets[0].ds_type = 'parquet';
    }
    const config = { ...recipe, ...AXOLOTL_ON_CPU, base_model: model, output_dir: join(run, 'out') };
    const python = await pythonOf(AXOLOTL);
    expect(await train(python, ['-m', 'axolotl.cli.train', await configFile(run, config)])).toMatch(/train_loss/);
  },
  1_800_000,
);

const AXOLOTL_ON_CPU = {
  ...{ max_steps: 1, micro_batch_size: 2, gradient_accumulation_steps: 1, sequence_len: 4096, learning_rate: 0.00001 },
  ...{ optimizer: 'adamw_torch', lr_scheduler: 'constant', bf16: false, fp16: false, tf32: false },
};

/** The first block of a section, for this run's folder. */
async function recipeOf(section: string, run: string): Promise<string> {
  const [, text] = (await readFile(DOCS, 'utf8')).split(`\n## ${section}\n`);
  const [, recipe] = text?.match(/```\w+\n(.*?)```/s) ?? [];
  if (!recipe) throw new Error(`docs/training.md has no recipe of ${section}.`);
  return recipe.replaceAll('out/runs/first', run);
}

async function writeRun(name: string, format: FormatName, dataset: object = {}): Promise<string> {
  const kind = KINDS.find((one) => one.name === name);
  if (!kind) throw new Error(`There is no kind ${name}.`);
  const validation_fraction = 'eval_dataset' in dataset ? 0 : 0.2;
  const settings = { formats: [format], validation_fraction, ...kind.dataset, ...('file_type' in dataset && dataset) };
  const { bodies } = await exported(groupsOf(kind), settings);
  const run = await mkdtemp(join(folder, 'run-'));
  for (const [file, body] of bodies) {
    const path = join(run, 'datasets', file);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, body);
  }
  return run;
}

async function configFile(run: string, config: object): Promise<string> {
  const path = join(run, 'config.yaml');
  await writeFile(path, stringify(config));
  return path;
}

/** What the trainer prints, which it does to both streams. */
async function train(program: string, args: readonly string[]): Promise<string> {
  const env = { ...process.env, ...ENVIRONMENT, HF_HOME: join(folder, 'hf'), MODELSCOPE_CACHE: join(folder, 'ms') };
  const { stdout, stderr } = await promisify(execFile)(program, args, { env, cwd: folder, maxBuffer: 2 ** 26 });
  return `${stdout}\n${stderr}`;
}

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import * as z from 'zod';
import { installPacked, ROOT } from '../../support/packed-package.ts';
import { type Environment, pythonOf, runPython } from '../python.ts';

/** The module for Python with what its users have, and the packed command. */
const USERS: Environment = { name: 'python', requirements: ['datasets==5.2.0', 'polars==2.1.0'] };

let python = '';
let project = '';
beforeAll(async () => {
  python = await pythonOf(USERS);
  project = await mkdtemp(join(tmpdir(), 'dpo-python-'));
  installPacked(project);
  await writeFile(join(project, 'package.json'), '{}');
}, 1_200_000);
afterAll(() => rm(project, { recursive: true, force: true }));

const Printed = z.object({
  features: z.record(z.string(), z.unknown()),
  rows: z.record(z.string(), z.int()),
  first: z.unknown(),
  frame: z.tuple([z.int(), z.array(z.string())]),
  same: z.boolean(),
});

async function build(format: string, settings: object): Promise<z.infer<typeof Printed>> {
  const script = `
import json, os, sys
sys.path.insert(0, ${JSON.stringify(join(ROOT, 'examples/python'))})
os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["HF_HOME"] = ${JSON.stringify(join(project, 'cache'))}
os.chdir(${JSON.stringify(project)})
import datasets, dpo_trajectories
datasets.disable_progress_bars()

rollouts = ({"prompt": f"Question {n % 20}?", "response": f"answer {n}", "reward": n} for n in range(40))
data = dpo_trajectories.build_pairs(
    rollouts, out=${JSON.stringify(format)}, format=${JSON.stringify(format)}, settings=json.loads(${JSON.stringify(JSON.stringify(settings))}),
    command=(${JSON.stringify(process.execPath)}, "node_modules/dpo-trajectories/dist/cli/dpo.cjs"))
loaded = data.to_datasets()
frame = data.to_polars()
print(json.dumps({
    "features": {name: str(feature) for name, feature in loaded["train"].features.items()},
    "rows": {name: len(split) for name, split in loaded.items()},
    "first": loaded["train"][0],
    "frame": [frame.height, frame.columns],
    "same": list(loaded["train"]) == list(data.rows()) == frame.to_dicts(),
}))
`;
  const printed = await runPython(python, ['-c', script]);
  return Printed.parse(JSON.parse(printed.trimEnd().split('\n').at(-1) ?? ''));
}

test('an iterator becomes a DatasetDict and a frame, with the rows that the files have', async () => {
  const trl = await build('trl', { 'dataset.validation_fraction': 0.25, 'dataset.columns': ['margin'] });
  expect(trl).toMatchObject({ rows: { train: 15, validation: 5 }, same: true });
  expect(trl.frame).toEqual([15, ['prompt', 'chosen', 'rejected', 'margin']]);
  expect(trl.first).toMatchObject({ prompt: [{ role: 'user' }], chosen: [{ role: 'assistant' }], margin: 20 });
});

test('a format without a card is loaded from its files, with a curriculum too', async () => {
  const openai = await build('openai', { 'dataset.validation_fraction': 0.25, 'dataset.curriculum': { buckets: 2 } });
  expect(openai).toMatchObject({ rows: { train: 15, validation: 5 }, same: true });
});

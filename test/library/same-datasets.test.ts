import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { FormatName } from '../../lib/contract/dataset.ts';
import type { Settings } from '../../library/index.ts';
import { chunksOf } from '../adapters/store-contract.ts';
import { forms, traceItems } from '../support/trace-arbitraries.ts';
import { libraryDatasets, runDatasets } from './run-datasets.ts';

/*
 * The functions of the library and the states of a run are two ways through the same code: what they write must be equal to
 * the byte, whatever the input.
 */

const FORMATS: readonly FormatName[] = ['trl', 'trl_kto', 'nemo_customizer', 'openai'];
const datasets = fc.record(
  {
    validation_fraction: fc.constantFrom(0, 0.3, 0.5),
    max_pairs: fc.constantFrom(null, 3),
    seed: fc.nat(5),
    curriculum: fc.constantFrom(null, { buckets: 3 }),
    deduplicate_pairs: fc.boolean(),
    use_full_message_history: fc.boolean(),
  },
  { requiredKeys: [] },
);
const builders = fc.record(
  {
    min_score_diff: fc.constantFrom(0, 0.2),
    exhaustive_pairs: fc.boolean(),
    max_pairs_per_turn: fc.constantFrom(null, 2),
    reward_from_score_diff: fc.boolean(),
  },
  { requiredKeys: [] },
);

describe.each(['strict', 'nat'] as const)('by the rules of %s', (compatibility) => {
  test('any trace items, written in any way and cut into any chunks, give the datasets of a run', async () => {
    const form = fc.constantFrom(...Object.values(forms));
    const property = fc.asyncProperty(
      ...[traceItems, form, fc.integer({ min: 1, max: 500 }), builders, datasets],
      async (items, write, chunkBytes, builder, dataset) => {
        const bytes = write(items);
        const settings: Settings = { builder: { ...builder, compatibility }, dataset };
        const found = await libraryDatasets(chunksOf(bytes, chunkBytes), { ...settings, key: 'a.json' }, FORMATS);
        expect(found).toEqual(await runDatasets(bytes, 'a.json', settings, FORMATS));
      },
    );
    await fc.assert(property, { numRuns: 60 });
  });

  test('any trace items give the datasets of their JSON lines as they are in memory', async () => {
    const property = fc.asyncProperty(traceItems, datasets, async (items, dataset) => {
      const settings: Settings = { builder: { compatibility }, dataset };
      expect(await libraryDatasets(items, settings, FORMATS)).toEqual(
        await runDatasets(forms['JSON lines'](items), 'input', settings, FORMATS),
      );
    });
    await fc.assert(property, { numRuns: 30 });
  });
});

test('rollouts in any order, with and without groups and tools, give the datasets of a run', async () => {
  const message = fc.record({ role: fc.constantFrom('system', 'user'), content: fc.constantFrom('a', 'b', 'é') });
  const rollout = fc.record(
    {
      task_id: fc.constantFrom('x', 'y', 7),
      prompt: fc.oneof(fc.constantFrom('p', 'q', 'Ω'), fc.array(message, { minLength: 1, maxLength: 2 })),
      response: fc.oneof(fc.constantFrom('one', 'two', 'three', ''), fc.string({ unit: 'grapheme', maxLength: 20 })),
      reward: fc.oneof(fc.constantFrom(0, 0.5, 1), fc.double({ min: -2, max: 2, noNaN: true })),
      tools: fc.constantFrom(undefined, [{ type: 'function', function: { name: 'look', parameters: {} } }]),
    },
    { requiredKeys: ['prompt', 'response', 'reward'] },
  );
  const property = fc.asyncProperty(
    ...[fc.array(rollout, { minLength: 1, maxLength: 24 }), builders, datasets],
    async (rollouts, builder, dataset) => {
      const settings: Settings = { source: { format: 'rollouts' }, builder, dataset };
      const bytes = forms['JSON lines'](rollouts);
      expect(await libraryDatasets(rollouts, settings, FORMATS)).toEqual(
        await runDatasets(bytes, 'input', settings, FORMATS),
      );
    },
  );
  await fc.assert(property, { numRuns: 80 });
});

const SCORED_BY = (score: string): Settings => ({ source: { score } });
const FILES: readonly [file: string, settings: Settings, formats?: readonly FormatName[]][] = [
  ['examples/rollouts.jsonl', {}],
  [
    'examples/rollouts.jsonl',
    { builder: { unit: 'divergence' }, dataset: { columns: ['margin', 'lineage'] } },
    ['trl'],
  ],
  ['examples/candidates.jsonl', {}],
  ['examples/judgements.csv', {}],
  ['examples/school-science.eval', {}],
  ['examples/tic-tac-toe.json', { dataset: { columns: ['score_chosen', 'example_id'] } }, ['trl']],
  ['test/golden/sources/mlflow/traces.jsonl', SCORED_BY('right')],
  ['test/golden/sources/nemo_gym/run/rollouts.jsonl', {}],
  ['test/golden/sources/nemo_gym/odd/rollouts.jsonl', { builder: { unit: 'trajectory' } }, ['trl', 'trl_kto']],
  ['test/golden/sources/verl/v1/3.jsonl', {}],
  ['test/golden/sources/verifiers/v1/traces.jsonl', {}],
  ['test/golden/sources/inspect/react.json', SCORED_BY('includes')],
  ['test/golden/sources/inspect/odd.eval', SCORED_BY('num')],
  ['test/golden/sources/scored_lists/openrlhf/rm.jsonl', {}],
  ['test/golden/sources/scored_lists/ultrafeedback/train.parquet', {}],
];

test.each(FILES)('%s with %o gives the datasets of a run', async (file, settings, formats = FORMATS) => {
  const bytes = readFileSync(file);
  const [key = ''] = file.split('/').slice(-1);
  const expected = await runDatasets(bytes, key, settings, formats);
  expect(Object.keys(expected).length).toBeGreaterThan(0);
  for (const chunkBytes of [1_000, bytes.length]) {
    expect(await libraryDatasets(chunksOf(bytes, chunkBytes), { ...settings, key }, formats)).toEqual(expected);
  }
});

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import * as z from 'zod';
import { settingsFromNatConfig } from '../../../cli/nat-config.ts';
import { readNatConfigFile } from '../../../cli/nat-config-file.ts';
import { parseRequest } from '../../../lib/contract/parse-request.ts';
import { InvalidRequest } from '../../../lib/errors.ts';
import { askPython, installToolkit } from './toolkit.ts';

const SEED = Number(process.env.NAT_SEED ?? Date.now() % 2 ** 31);
const CASES = Number(process.env.NAT_CASES ?? 400);
/** Their values are scalars of several types, and YAML of their own. */
const ENVIRONMENT = { N: '5', WORD: 'word', YES: 'yes', QUOTED: '"7"', HALF: '0.5', NOTHING: '' };

const toolkit = await installToolkit();
const folder = await mkdtemp(join(tmpdir(), 'nat configs '));
afterAll(() => rm(folder, { recursive: true }));

/** `%` stands for a dollar sign. */
const scalar = fc
  .constantFrom(
    ...['yes', 'No', 'on', 'OFF', 'true', 'False', 'y', '"yes"', "'off'", '"T"', '1', '0', '2', '"1"', "'3'", '2.0'],
    ...['0.5', '"0.05"', '1_000', '"1_000"', '1e3', '5e-5', '5.0e-5', '"1e3"', '1:30', '0x1F', '017', '0o17', '-1'],
    ...['null', '~', '', '[]', '[1]', '{}', 'word', '" 7 "', '2024-01-01', '.5', '+3', '08', '"4.0"', '1.5', '1e-3'],
    ...['%{N}', '"%{N}"', '%{N:-2}', '%{MISSING:-2}', '%{MISSING:-yes}', '"%{MISSING:-0.25}"', '%{YES}', '%{QUOTED}'],
    ...['%N', '%{HALF}', '%{NOTHING:-3}', 'a%{WORD}', '%{MISSING:-%{N}}', '%{MISSING-6}', '&anchor 9', '!!int "8"'],
    ...['!!str 8', '"\\%{N}"', '1.0e+3', '[%{N}]', '"%{N}%{N}"'],
  )
  .map((text) => text.replaceAll('%', '$'));

const SECTIONS = {
  builder: ['exhaustive_pairs', 'min_score_diff', 'max_pairs_per_turn', 'reward_from_score_diff', 'ttc_step_name'],
  trainer: ['deduplicate_pairs', 'max_pairs', 'wait_for_completion'],
  adapter: ['create_namespace_if_missing', 'use_full_message_history', 'poll_interval_seconds', 'dataset_output_dir'],
  hyper: ['epochs', 'batch_size', 'learning_rate', 'finetuning_type', 'unknown_to_all'],
  dpo: ['ref_policy_kl_penalty', 'preference_average_log_probs', 'sft_loss_weight'],
  finetuning: ['enabled'],
};
type Section = keyof typeof SECTIONS;

interface Field {
  readonly section: Section;
  readonly line: string;
}
const field: fc.Arbitrary<Field> = fc
  .constantFrom(...Object.entries(SECTIONS))
  .chain(([section, names]) => fc.record({ section: fc.constant(section), name: fc.constantFrom(...names), scalar }))
  .map(({ section, name, scalar: text }) => ({ section: section as Section, line: `${name}: ${text}` }));

const file = fc
  .record({
    fields: fc.array(field, { minLength: 1, maxLength: 2, size: 'xsmall' }),
    type: fc.constantFrom('_type', 'type'),
  })
  .map(({ fields, type }) => {
    const lines = (section: Section, indent: string) =>
      fields
        .filter((one) => one.section === section)
        .map(({ line }) => `\n${indent}${line}`)
        .join('');
    return `trajectory_builders:
  b:
    ${type}: dpo_traj_builder${lines('builder', '    ')}
trainers:
  t:
    ${type}: nemo_customizer_trainer${lines('trainer', '    ')}
trainer_adapters:
  a:
    ${type}: nemo_customizer_trainer_adapter
    entity_host: "https://\${WORD}.example.com/"
    datastore_host: https://store.example.com
    namespace: ns
    customization_config: c${lines('adapter', '    ')}
    hyperparameters:
      training_type: dpo${lines('hyper', '      ')}
      dpo:
        preference_loss_weight: 1${lines('dpo', '        ')}
finetuning:
  trainer: t
  trainer_adapter: a
  trajectory_builder: b${lines('finetuning', '  ')}
`;
  });

const NatAnswer = z.union([
  z.strictObject({ refused: z.string() }),
  z.object({
    builder: z.record(z.string(), z.unknown()),
    trainer: z.record(z.string(), z.unknown()),
    adapter: z.record(z.string(), z.unknown()),
    enabled: z.boolean(),
  }),
]);

test(`NAT's configurations, ${CASES} random ones of seed ${SEED}, half of them over a base`, async () => {
  console.log(`NAT_SEED=${SEED} NAT_CASES=${CASES} repeats these cases.`);
  const texts = fc.sample(fc.tuple(file, fc.option(file)), { seed: SEED, numRuns: CASES });
  const paths = await Promise.all(
    texts.map(async ([text, base], at) => {
      const path = join(folder, `${at}.yml`);
      if (base !== null) await writeFile(join(folder, `${at}-base.yml`), base);
      await writeFile(path, base === null ? text : `base: ${at}-base.yml\n${text}`);
      return path;
    }),
  );
  const cases = paths.map((path) => ({ path, environment: ENVIRONMENT }));
  const answers = await askPython(toolkit, 'read_config.py', cases);
  let taken = 0;
  for (const [at, path] of paths.entries()) {
    const nat = NatAnswer.parse(answers[at]);
    const ours = await read(path);
    const text = texts[at];
    if ('refused' in nat || 'refused' in ours) {
      expect({ at, text, nat, ours }).toEqual({
        at,
        text,
        nat: expect.toSatisfy(isRefused),
        ours: expect.toSatisfy(isRefused),
      });
      continue;
    }
    taken += 1;
    expect({ at, text, ...ours }).toEqual({ at, text, ...nat });
  }
  console.log(`${taken} of ${CASES} are taken by both, the others by neither.`);
  expect(taken).toBeGreaterThan(CASES / 10);
}, 120_000);

const isRefused = (found: object): boolean => 'refused' in found;

/** What NAT's models have of our request. */
async function read(path: string) {
  try {
    const config = await readNatConfigFile(path, ENVIRONMENT);
    const options = { source: { kind: 'traces' as const }, train: true };
    const { settings, training } = settingsFromNatConfig(config, path, options);
    const enabled = training?.why.startsWith('The run trains: finetuning.enabled') ?? false;
    const request = parseRequest({ run_id: 'r', source: { traces: { bucket: 'b', prefix: '' } }, ...settings });
    const { compatibility: _, unit: _unit, drop_truncated: _drop, ...builder } = request.builder;
    const { deduplicate_pairs, max_pairs } = request.dataset;
    const {
      wait_for_completion,
      output_model: __,
      auth_secret_arn: ___,
      hf_token_secret_arn: ____,
      ...adapter
    } = request.training?.nemo_customizer ?? {};
    const trainer = {
      num_runs: 1,
      continue_on_collection_error: false,
      deduplicate_pairs,
      max_pairs,
      wait_for_completion,
    };
    return { builder, trainer, adapter, enabled };
  } catch (error) {
    if (error instanceof InvalidRequest) return { refused: error.message };
    throw error;
  }
}

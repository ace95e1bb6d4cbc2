import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { settingsFromNatConfig } from '../../cli/nat-config.ts';
import type { NatSource } from '../../cli/nat-evaluation.ts';
import { expandVariables, noVariables } from '../../cli/nat-variables.ts';
import { parseNatYaml } from '../../cli/nat-yaml.ts';
import { isSettings } from '../../cli/settings.ts';
import { parseRequest } from '../../lib/contract/parse-request.ts';
import { InvalidRequest } from '../../lib/errors.ts';

const ENVIRONMENT = { CUSTOMIZER_HOST: 'https://nemo.example.com', EPOCHS: '5' };
const TRACES: NatSource = { kind: 'traces' };

function read(yaml: string, more: Readonly<Record<string, string>> = {}, train = false, source = TRACES) {
  const variables = noVariables();
  const config = parseNatYaml(
    expandVariables(yaml, 'config.yml', { environment: { ...ENVIRONMENT, ...more }, variables }),
  );
  if (!isSettings(config)) throw new Error('the test gives no settings');
  return settingsFromNatConfig({ config, variables }, 'config.yml', { source, train });
}

const WHOLE = `
llms: {training_llm: {_type: nim}}
workflow: {_type: dpo_tic_tac_toe}
trajectory_builders:
  dpo_builder:
    _type: dpo_traj_builder
    ttc_step_name: move
    exhaustive_pairs: false
    min_score_diff: 0.01
    max_pairs_per_turn: 5
    reward_from_score_diff: false
    require_multiple_candidates: false
trainers:
  nemo:
    _type: nemo_customizer_trainer
    num_runs: 3
    wait_for_completion: false
    deduplicate_pairs: false
    max_pairs: 100
trainer_adapters:
  nemo:
    _type: nemo_customizer_trainer_adapter
    entity_host: \${CUSTOMIZER_HOST}
    datastore_host: \${CUSTOMIZER_HOST}/store
    hf_token: \${HF_TOKEN}
    namespace: \${TEAM:-mine}
    customization_config: meta/llama@v1
    hyperparameters: {epochs: "\${EPOCHS}"}
    use_full_message_history: true
    reward: {name: r}
finetuning: {enabled: true, trainer: nemo, trajectory_builder: dpo_builder, trainer_adapter: nemo}
`;

test('the builder, trainer and adapter become settings under their own names', () => {
  expect(read(WHOLE).settings).toEqual({
    builder: {
      ttc_step_name: 'move',
      exhaustive_pairs: false,
      min_score_diff: 0.01,
      max_pairs_per_turn: 5,
      reward_from_score_diff: false,
      require_multiple_candidates: false,
    },
    dataset: {
      deduplicate_pairs: false,
      max_pairs: 100,
    },
    training: {
      nemo_customizer: {
        wait_for_completion: false,
        entity_host: 'https://nemo.example.com',
        datastore_host: 'https://nemo.example.com/store',
        namespace: 'mine',
        customization_config: 'meta/llama@v1',
        hyperparameters: { epochs: 5 },
        use_full_message_history: true,
      },
    },
  });
});

test('what it makes is a request, whose dataset is as the adapter wants it', () => {
  const request = parseRequest({
    run_id: 'r',
    source: { traces: { bucket: 'b', prefix: '' } },
    ...read(WHOLE).settings,
  });
  expect(request.dataset).toMatchObject({ formats: ['nemo_customizer'], use_full_message_history: true });
  expect(request.training?.nemo_customizer).toMatchObject({ namespace: 'mine', hf_token: '' });
});

test('an adapter whose finetuning is not enabled trains nothing, and is asked about its prompts', () => {
  const { settings, training } = read(WHOLE.replace('enabled: true', 'enabled: false'));
  expect(settings).not.toHaveProperty('training');
  expect(settings).toMatchObject({ dataset: { max_pairs: 100, use_full_message_history: true } });
  expect(training).toEqual({
    starts: false,
    why: 'Nothing is trained: finetuning.enabled of config.yml is false. --train trains anyway.',
  });
});

/** WHOLE with another `finetuning` block. */
const withFinetuning = (block: string) => WHOLE.replace(/^finetuning:.*$/m, block);

test.each<[block: string, environment: Readonly<Record<string, string>>]>([
  ['finetuning: {enabled: true}', {}],
  ['finetuning: {enabled: yes}', {}],
  ['finetuning: {enabled: On}', {}],
  ['finetuning: {enabled: 1}', {}],
  ['finetuning: {enabled: "true"}', {}],
  [`finetuning: {enabled: "\${FINETUNE:-true}"}`, {}],
  [`finetuning: {enabled: "\${FINETUNE:-false}"}`, { FINETUNE: 'true' }],
  [`finetuning: {enabled: "\${FINETUNE}"}`, { FINETUNE: 'Yes' }],
  [`finetuning: {enabled: "\${FINETUNE}"}`, { FINETUNE: '1' }],
])('%s trains where the environment is %j', (block, environment) => {
  const { settings, training } = read(withFinetuning(block), environment);
  expect(settings).toHaveProperty('training.nemo_customizer.namespace', 'mine');
  expect(training).toEqual({ starts: true, why: 'The run trains: finetuning.enabled of config.yml is true.' });
});

test.each<[block: string, environment: Readonly<Record<string, string>>, reason: string]>([
  ['', {}, 'false by default'],
  ['finetuning:', {}, 'false by default'],
  ['finetuning: {output_dir: ./x}', {}, 'false by default'],
  ['finetuning: {enabled: no}', {}, 'false'],
  ['finetuning: {enabled: Off}', {}, 'false'],
  ['finetuning: {enabled: 0}', {}, 'false'],
  ['finetuning: {enabled: "False"}', {}, 'false'],
  [`finetuning: {enabled: "\${FINETUNE:-false}"}`, {}, 'false'],
  [`finetuning: {enabled: "\${FINETUNE:-false}"}`, { FINETUNE: '' }, 'false'],
  [`finetuning: {enabled: "\${FINETUNE:-true}"}`, { FINETUNE: 'no' }, 'false'],
  [
    `finetuning: {enabled: \${FINETUNE} }`,
    {},
    'false by default (it is empty, and not set in the environment: HF_TOKEN, FINETUNE)',
  ],
])('%j does not train where the environment is %j, unless --train is given', (block, environment, reason) => {
  const { settings, training } = read(withFinetuning(block), environment);
  expect(settings).not.toHaveProperty('training');
  expect(training).toEqual({
    starts: false,
    why: `Nothing is trained: finetuning.enabled of config.yml is ${reason}. --train trains anyway.`,
  });

  const trained = read(withFinetuning(block), environment, true);
  expect(trained.settings).toHaveProperty('training.nemo_customizer.namespace', 'mine');
  expect(trained.training).toEqual({ starts: true, why: 'The run trains: --train is given.' });
});

test.each([
  ['maybe', '"maybe"'],
  ['2', '2'],
  ['null', 'null'],
  ['[true]', '[true]'],
  [`"\${FINETUNE:-}"`, '""'],
])('enabled: %s is refused, as NAT refuses it', (written, shown) => {
  const message = `finetuning.enabled of config.yml must be true or false, but is ${shown}.`;
  for (const train of [false, true]) {
    expect(() => read(withFinetuning(`finetuning: {enabled: ${written}}`), { HF_TOKEN: 'hf_x' }, train)).toThrow(
      new InvalidRequest(message),
    );
  }
});

test('a finetuning block that is no block is refused', () => {
  expect(() => read(withFinetuning('finetuning: true'))).toThrow(
    new InvalidRequest('finetuning of config.yml must be settings, such as enabled: true.'),
  );
});

test('a trainer without an adapter trains nothing', () => {
  const { settings, notes, training } = read(
    'trainers: {t: {_type: nemo_customizer_trainer, wait_for_completion: true, max_pairs: 5}}',
  );
  expect(settings).toEqual({ dataset: { max_pairs: 5 } });
  expect(notes).toEqual([]);
  expect(training).toEqual({ starts: false, why: 'Nothing is trained: config.yml has no trainer adapter.' });
});

test('a field that this version has no place for is told, not dropped', () => {
  expect(read(WHOLE).notes).toEqual([
    'trainers.nemo.num_runs is not used: the traces are read once. A live workflow has source.workflow.reps.',
    'trainer_adapters.nemo.hf_token is empty, so its default applies; not set in the environment: HF_TOKEN.',
    'trainer_adapters.nemo.reward is not used by this version.',
  ]);
});

test('a field that NAT has not either is told with the one likely meant', () => {
  const { settings, notes, training } = read(
    'trajectory_builders: {b: {_type: dpo_traj_builder, custom_step_name: move, exhaustive_pairs: true}}',
  );
  expect(settings).toEqual({ builder: { exhaustive_pairs: true } });
  expect(training).toBeNull();
  expect(notes).toEqual([
    'trajectory_builders.b.custom_step_name is not used: dpo_traj_builder has no such field; did you mean ttc_step_name?',
  ]);
});

test('an entry of another type is told and left alone', () => {
  const { settings, notes } = read(`
trajectory_builders: {b: {_type: dpo_traj_builder, min_score_diff: 1}, o: {_type: openpipe_art_traj_builder}}`);
  expect(settings).toEqual({ builder: { min_score_diff: 1 } });
  expect(notes).toEqual([
    'trajectory_builders.o is not used: its _type is openpipe_art_traj_builder, not dpo_traj_builder.',
  ]);
});

const TWO = `
trajectory_builders:
  a: {_type: dpo_traj_builder, min_score_diff: 1}
  b: {_type: dpo_traj_builder, min_score_diff: 2}
`;

test('of two builders the one that finetuning names is taken', () => {
  expect(read(`${TWO}finetuning: {trajectory_builder: b}`).settings).toEqual({ builder: { min_score_diff: 2 } });
});

test('the environment may name the builder', () => {
  const named = `${TWO}finetuning: {trajectory_builder: "\${BUILDER:-a}"}`;
  expect(read(named).settings).toEqual({ builder: { min_score_diff: 1 } });
  expect(read(named, { BUILDER: 'b' }).settings).toEqual({ builder: { min_score_diff: 2 } });
});

test('two builders of which none is named are refused', () => {
  expect(() => read(TWO)).toThrow(
    new InvalidRequest(
      'config.yml has 2 trajectory_builders of _type dpo_traj_builder (a, b): name one of them in finetuning.trajectory_builder.',
    ),
  );
});

test('a file without DPO settings is refused', () => {
  expect(() => read('llms: {}')).toThrow(
    '--nat-config config.yml has no DPO settings: it needs a trajectory_builders entry of _type dpo_traj_builder, or an eval block.',
  );
  expect(() => read('trainers: 5')).toThrow('trainers of config.yml must map names to settings.');
});

const BUILDER = 'trajectory_builders: {b: {_type: dpo_traj_builder}}\n';

test('scalars are taken as pydantic takes them', () => {
  const { settings } = read(`
trajectory_builders:
  b: {_type: dpo_traj_builder, min_score_diff: "0.05", max_pairs_per_turn: "3.0", exhaustive_pairs: no}
trainers: {t: {_type: nemo_customizer_trainer, deduplicate_pairs: "off", max_pairs: 1_000}}`);
  expect(settings).toMatchObject({
    builder: { min_score_diff: 0.05, max_pairs_per_turn: 3, exhaustive_pairs: false },
    dataset: { deduplicate_pairs: false, max_pairs: 1000 },
  });
});

test('config_effective.yml, as NAT writes it, has type for _type and every default', () => {
  const path = new URL('../golden/nat/evaluations/config_effective.yml', import.meta.url);
  const { settings, notes, training } = read(readFileSync(path, 'utf8'));
  expect(settings).toEqual({
    builder: {
      ttc_step_name: 'dpo_candidate_move',
      exhaustive_pairs: true,
      min_score_diff: 0.05,
      max_pairs_per_turn: null,
      reward_from_score_diff: true,
      require_multiple_candidates: true,
    },
  });
  expect(notes).toEqual([]);
  expect(training).toBeNull();
});

test('a date, which NAT refuses for text, is refused with the way out', () => {
  expect(() => read('trajectory_builders: {b: {_type: dpo_traj_builder, ttc_step_name: 2024-01-01}}')).toThrow(
    'YAML reads trajectory_builders.b.ttc_step_name as a date. Put it in quotes if it is text.',
  );
});

test('a field below a field that NAT has not is a note, and what NAT reads from a file is refused', () => {
  const adapter = (more: string) =>
    `trainer_adapters: {n: {_type: nemo_customizer_trainer_adapter, entity_host: http://h, datastore_host: http://h, namespace: n, ${more}}}`;
  expect(read(adapter('customization_config: c, hyperparameters: {epoch: 3, dpo: {beta: 1}}'), {}, true)).toMatchObject(
    {
      settings: { training: { nemo_customizer: { hyperparameters: { dpo: {} } } } },
      notes: [
        'trainer_adapters.n.hyperparameters.epoch is not used: nemo_customizer_trainer_adapter has no such field.',
        'trainer_adapters.n.hyperparameters.dpo.beta is not used: nemo_customizer_trainer_adapter has no such field.',
      ],
    },
  );
  expect(() => read(adapter('customization_config: file://c.txt'))).toThrow(
    'trainer_adapters.n.customization_config is file://c.txt, which NAT reads from that file: write the text itself.',
  );
});

const EVALUATION = `
eval:
  general:
    max_concurrency: "3"
    output: {workflow_output_step_filter: [LLM_END]}
    dataset:
      _type: json
      file_path: data/questions.json
      id_key: task_id
      structure: {question_key: prompt, answer_key: gold, trajectory_key: intermediate_steps}
      filter: {allowlist: {field: {id: [1]}}}
`;

test('the keys that the dataset renames are those of the traces', () => {
  expect(read(EVALUATION)).toEqual({
    settings: { source: { nat_keys: { id_key: 'task_id', question_key: 'prompt', answer_key: 'gold' } } },
    notes: [
      'eval.general.output.workflow_output_step_filter has no TTC_END: NAT leaves the candidates out of workflow_output.json. Add it, and evaluate again.',
    ],
    training: null,
  });
  expect(() => read('eval: {general: {dataset: {id_key: 5}}}')).toThrow(
    'eval.general.dataset of config.yml: id_key must be the name of a key.',
  );
  expect(read(`${BUILDER}eval: {general: {dataset: {structure: {disable: true}}}}`).notes).toEqual([
    'eval.general.dataset.structure.disable is true: NAT writes outputs without steps, which hold no candidates.',
  ]);
});

test('of a live workflow they are those of its dataset, and what is about collecting counts too', () => {
  const trainer = 'trainers: {t: {_type: nemo_customizer_trainer, num_runs: "2", continue_on_collection_error: on}}\n';
  const { settings, notes } = read(EVALUATION + trainer, {}, false, { kind: 'workflow', hasDataset: false });
  expect(settings).toEqual({
    source: {
      workflow: {
        id_key: 'task_id',
        question_key: 'prompt',
        answer_key: 'gold',
        max_concurrency: 3,
        dataset: { bucket: pathToFileURL(`${resolve('data')}/`).href, key: 'questions.json' },
        reps: 2,
        continue_on_collection_error: true,
      },
    },
  });
  expect(notes).toEqual([
    'eval.general.output.workflow_output_step_filter is not used: source.workflow.filter_steps says which steps are sent.',
    'eval.general.dataset.filter is not used: all rows of source.workflow.dataset are asked.',
  ]);
  const given = read(EVALUATION, {}, false, { kind: 'workflow', hasDataset: true });
  expect(given.settings).not.toHaveProperty('source.workflow.dataset');
});

test('fields of finetuning that have no meaning here are notes', () => {
  const { notes } = read(
    `${BUILDER}finetuning: {num_epochs: 1, target_functions: [a], output_dir: ./x, curriculum_learning: {enabled: yes}}`,
  );
  expect(notes).toEqual([
    'finetuning.target_functions is not used by this version.',
    'finetuning.output_dir is not used by this version. --out says where a run is written.',
    'finetuning.curriculum_learning is not used by this version. dataset.curriculum.buckets orders the pairs from easy to hard.',
  ]);
});

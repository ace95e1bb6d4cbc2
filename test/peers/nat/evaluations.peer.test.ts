import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { requestFromArgs } from '../../../cli/request-from-args.ts';
import type { Group, Trajectory } from '../../../lib/contract/trajectory.ts';
import { dpo } from '../../cli/dpo-process.ts';
import { memoryStore } from '../../support/memory-store.ts';
import { memoryDeps, runSteps } from '../../support/run.ts';
import { evaluate, serve } from './demo.ts';
import { askPython, installToolkit } from './toolkit.ts';

const toolkit = await installToolkit();
let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nat evaluations '));
  await writeFile(join(folder, 'questions.json'), JSON.stringify(QUESTIONS));
  const renamed = QUESTIONS.map(({ id, question }) => ({ task_id: id, prompt: question }));
  await writeFile(join(folder, 'renamed.json'), JSON.stringify(renamed));
});
afterAll(() => rm(folder, { recursive: true }));

/** Rows of different columns, a repeated id and a blank question. */
const QUESTIONS = [
  { id: 1, question: 'Q1', answer: 'x', difficulty: 'easy' },
  { id: 2, question: 'Q2', answer: 'y' },
  { id: 2, question: 'Q2 again', answer: 'y' },
  { id: 3, question: ' ' },
  { id: 4, question: 'Q4 é 漢' },
];

interface Evaluation {
  readonly workflow?: object;
  readonly output?: object;
  readonly dataset?: object;
  readonly flags?: readonly string[];
}

const configOf = ({ workflow, output, dataset }: Evaluation) => ({
  workflow: { _type: 'ttc_demo', ...workflow },
  eval: {
    general: {
      max_concurrency: 2,
      output: { dir: 'out', ...output },
      dataset: { _type: 'json', file_path: 'questions.json', ...dataset },
    },
    evaluators: { quality: { _type: 'length_eval' } },
  },
});

const TTC = { workflow_output_step_filter: ['TTC_END'] };

describe('what `nat eval` writes', () => {
  test.each<[string, Evaluation]>([
    ['with a filter', { output: TTC }],
    ['with all steps', { output: { workflow_output_step_filter: [] } }],
    ['three times over', { output: TTC, flags: ['--reps', '3'] }],
    ['with a score that is NaN', { workflow: { nan_score: true }, output: TTC }],
  ])('%s gives the pairs that NAT makes of it', async (_, evaluation) => {
    const text = await evaluate(toolkit, folder, configOf(evaluation), evaluation.flags);
    const [nat] = await askPython(toolkit, 'build.py', [
      { text, builder: {}, use_full_message_history: false, deduplicate_pairs: true },
    ]);
    const { trajectories, totals } = await build(text);
    expect(nat).toMatchObject({ trajectories });
    expect(totals.total_pairs).toBeGreaterThan(0);
  });

  test('under renamed keys is read with --nat-config', async () => {
    const dataset = {
      file_path: 'renamed.json',
      id_key: 'task_id',
      structure: { question_key: 'prompt', trajectory_key: 'path' },
    };
    const text = await evaluate(toolkit, folder, configOf({ output: TTC, dataset }));
    const read = (natConfig: string) =>
      requestFromArgs({ paths: [join(folder, 'out')], out: join(folder, 'runs'), natConfig });
    const nat_keys = { id_key: 'task_id', question_key: 'prompt', trajectory_key: 'path' };
    for (const config of ['config.yml', 'out/config_effective.yml']) {
      expect((await read(join(folder, config))).request.source).toMatchObject({ nat_keys });
    }
    const { examples, totals } = await build(text, { nat_keys });
    expect(examples).toEqual(['1', '2', '4']);
    expect(totals).toMatchObject({ total_pairs: 18, rejected_items: {} });
  });

  test.each<[string, Evaluation, RegExp]>([
    [
      "with NAT's default filter",
      {},
      /default filter keeps LLM_END and TOOL_END.*eval\.general\.output\.workflow_output_step_filter: \[TTC_END\]/,
    ],
    [
      'with other steps',
      { output: { workflow_output_step_filter: ['FUNCTION_END', 'WORKFLOW_END'] } },
      /The steps are "FUNCTION_END".* only.*workflow_output_step_filter: \[TTC_END\]/,
    ],
    [
      'without structure',
      { dataset: { structure: { disable: true } } },
      /bare answers where eval\.general\.dataset\.structure\.disable is true/,
    ],
  ])('%s has no candidates, and the message names the setting that gives them', async (_, evaluation, message) => {
    const text = await evaluate(toolkit, folder, configOf(evaluation));
    await expect(build(text, {}, 'strict')).rejects.toThrow(message);
  });
});

describe('a live `nat serve`', () => {
  const runsOf = async (endpoint: string, id: string, more: object = {}) => {
    const dataset = { bucket: pathToFileURL(`${folder}/`).href, key: 'questions.json' };
    const request = join(folder, `${id}.json`);
    const settings = { source: { workflow: { endpoint, dataset, ...more } }, builder: { compatibility: 'nat' } };
    await writeFile(request, JSON.stringify(settings));
    const args = ['run', '--request', request, '--out', join(folder, 'runs'), '--run-id', id];
    return dpo([...args, '--allow-private-endpoint', '--quiet']);
  };

  test('gives the pairs of an evaluation of the same questions', async () => {
    const text = await evaluate(toolkit, folder, configOf({ output: TTC }));
    const { trajectories } = await build(text);
    const server = await serve(toolkit, folder, { _type: 'ttc_demo' });
    const { code, stderr, stdout } = await runsOf(server.endpoint, 'live');
    await server.stop();
    expect({ code, stderr }).toMatchObject({ code: 0 });
    expect(stdout).toContain('1 rows of the dataset were not asked: an earlier row has the same id.');
    expect(stdout).toContain('1 rows of the dataset were not asked: they have no question.');
    const lines = (await readFile(join(folder, 'runs/runs/live/collection.jsonl'), 'utf8')).trimEnd().split('\n');
    const groups: Group[] = lines.map((line) => JSON.parse(line));
    expect(groups.map(({ trajectories: live }) => live.map(withoutLineage))).toEqual(trajectories);
  });

  test('that takes other fields says which', async () => {
    const server = await serve(toolkit, folder, { _type: 'role_demo' });
    const failed = await runsOf(server.endpoint, 'role');
    const body = { role: '{{question}}', board: 'board {{id}}' };
    const asked = await runsOf(server.endpoint, 'role-body', { body });
    await server.stop();
    expect(failed.stderr).toContain(
      'HTTP 422: body.role: Field required, body.board: Field required; the workflow takes other fields: set source.workflow.body, as in {"role":"{{question}}","board":"{{board}}"}',
    );
    expect(asked.code).toBe(0);
  });

  test('that asks a person ends the example at once', async () => {
    const server = await serve(toolkit, folder, { _type: 'ttc_demo', ask_human: true });
    const { code, stderr } = await runsOf(server.endpoint, 'human');
    await server.stop();
    expect(code).not.toBe(0);
    expect(stderr).toContain('interaction_required: the workflow asks a person for input');
  });
});

async function build(text: string, source: object = {}, compatibility = 'nat') {
  const traces = memoryStore('traces');
  await traces.create('workflow_output.json', Buffer.from(text));
  const location = { bucket: 'traces', key: 'workflow_output.json' };
  const request = { source: { traces: location, ...source }, builder: { compatibility } };
  const { groups, totals } = await runSteps(request, memoryDeps(traces));
  return {
    examples: groups.map(({ example_id }) => example_id),
    trajectories: groups.map(({ trajectories }) => trajectories.map(withoutLineage)),
    totals,
  };
}

const withoutLineage = ({ metadata: { lineage: _, ...metadata }, ...trajectory }: Trajectory) => ({
  ...trajectory,
  metadata,
});

import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import * as z from 'zod';
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

describe('the folder that `nat eval` leaves', () => {
  const evaluators = { quality: { _type: 'length_eval' }, second: { _type: 'length_eval', fails_for: '1_rep0' } };
  const PROFILED = { compute_llm_metrics: true, bottleneck_analysis: { enable_simple_stack: true } };

  async function evaluateFolder(output: object, flags: readonly string[] = []) {
    await rm(join(folder, 'out'), { recursive: true, force: true });
    const config = configOf({ output: { write_atif_workflow_output: true, ...output } });
    const general = { ...config.eval.general, profiler: PROFILED };
    await evaluate(toolkit, folder, { ...config, eval: { general, evaluators } }, flags);
    const traces = memoryStore('traces');
    const names = await readdir(join(folder, 'out'));
    for (const name of names) await traces.create(name, await readFile(join(folder, 'out', name)));
    return { traces, names };
  }
  const source = { traces: { bucket: 'traces', prefix: '' } };

  test('is read, and every other file of it that could be traces is named', async () => {
    const { traces, names } = await evaluateFolder(TTC);
    const { totals, manifest } = await runSteps({ source }, memoryDeps(traces));
    expect(totals).toMatchObject({ total_items: 3, total_pairs: 18, rejected_items: {} });
    const read = names.filter((name) => /\.(?:json|csv)$/.test(name) && name !== 'workflow_output.json').sort();
    expect(read.length).toBeGreaterThan(6);
    expect(manifest.warnings).toContain(`Passed over, because NAT writes them beside its traces: ${read.join(', ')}.`);
    expect(manifest.inputs.map(({ key }) => key)).toEqual(['workflow_output.json']);
  });

  test('of repetitions without candidates is pairs by an evaluator', async () => {
    const { traces } = await evaluateFolder({}, ['--reps', '3']);
    const { groups, losses, totals } = await runSteps({ source: { ...source, score: 'second' } }, memoryDeps(traces));
    expect(totals).toMatchObject({ total_candidates: 8, total_pairs: 7 });
    expect(losses).toMatchObject([{ reason: 'evaluator_error', candidate_uuid: '1_rep0' }]);
    const judged = Judged.parse(JSON.parse(await readFile(join(folder, 'out', 'second_output.json'), 'utf8')));
    const scoreOf = new Map(judged.eval_output_items.map(({ id, score }) => [id, score]));
    for (const { metadata } of groups.flatMap(({ trajectories }) => trajectories)) {
      const { chosen_uuid, rejected_uuid } = metadata.lineage;
      expect(metadata.chosen_score).toBe(scoreOf.get(`${chosen_uuid}`));
      expect(metadata.rejected_score).toBe(scoreOf.get(`${rejected_uuid}`));
    }
  });
});

const Judged = z.object({ eval_output_items: z.array(z.object({ id: z.string(), score: z.number().nullable() })) });

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

  test('is asked several times, and its answers compete by the scores that NAT gives them afterwards', async () => {
    const server = await serve(toolkit, folder, { _type: 'ttc_demo', turns: 0 });
    const asked = await runsOf(server.endpoint, 'asked', { reps: 3 });
    await server.stop();
    // There is no pair in them yet.
    expect(asked.stderr).toBe('');
    const written = join(folder, 'runs/runs/asked/traces');
    const texts = await Promise.all(
      (await readdir(written)).sort().map((name) => readFile(join(written, name), 'utf8')),
    );
    await writeFile(join(folder, 'answers.jsonl'), texts.join(''));
    const dataset = { _type: 'jsonl', file_path: 'answers.jsonl' };
    await evaluate(toolkit, folder, configOf({ dataset }), ['--skip_workflow']);
    const bucket = pathToFileURL(`${folder}/`).href;
    const traces = [
      { bucket, prefix: 'runs/runs/asked/traces/' },
      { bucket, key: 'out/quality_output.json' },
    ];
    const request = join(folder, 'scored.json');
    await writeFile(request, JSON.stringify({ source: { traces, format: 'nat_eval' } }));
    const args = ['run', '--request', request, '--out', join(folder, 'runs'), '--run-id', 'scored', '--json'];
    const { code, stdout, stderr } = await dpo(args);
    expect({ code, stderr }).toMatchObject({ code: 0 });
    expect(JSON.parse(stdout).totals).toMatchObject({ total_candidates: 9, total_pairs: 9 });
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

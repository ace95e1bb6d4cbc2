import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { memoryStore } from '../support/memory-store.ts';
import { memoryDeps, runSteps } from '../support/run.ts';

/** Written by `nat eval` of NAT 1.9.0; see the README there. */
const written = (path: string): Buffer => readFileSync(new URL(`../golden/nat/evaluations/${path}`, import.meta.url));
const PROFILED = 'profiled/jobs/job_67f4c011-2ed3-4060-b804-d67912a3e69c';

async function run(bytes: Buffer, source: object = {}, limits: object = {}) {
  const traces = memoryStore('traces');
  await traces.create('t.json', bytes);
  const location = { bucket: 'traces', key: 't.json' };
  const request = { source: { traces: location, ...source }, builder: { compatibility: 'nat' }, limits };
  return runSteps(request, memoryDeps(traces));
}

/** Why NAT's own file gives no candidate. */
async function complaint(bytes: Buffer, source: object = {}): Promise<string> {
  const traces = memoryStore('traces');
  await traces.create('t.json', bytes);
  const request = { source: { traces: { bucket: 'traces', key: 't.json' }, ...source } };
  const error: unknown = await runSteps(request, memoryDeps(traces)).catch((thrown: unknown) => thrown);
  return error instanceof Error ? `${error.name}: ${error.message}` : 'the run was committed';
}

describe('keys that NAT was told to rename', () => {
  test.each([
    ['renamed_id', { id_key: 'task_id', question_key: 'prompt', answer_key: 'gold' }, ['t-1', 't-2'], 6],
    ['renamed_trajectory', { trajectory_key: 'trajectory' }, ['1', '2', '3'], 9],
  ])('%s is read by %j', async (folder, keys, examples, pairs) => {
    const { groups, totals } = await run(written(`${folder}/workflow_output.json`), { nat_keys: keys });
    expect(groups.map(({ example_id }) => example_id)).toEqual(examples);
    expect(totals).toMatchObject({ total_pairs: pairs, rejected_items: {} });
  });

  test('without them the message names the keys found', async () => {
    expect(await complaint(written('renamed_id/workflow_output.json'))).toMatch(
      /^TooManyRejected: .*it has no "id" \(its keys: "task_id", "prompt", "gold", "generated_answer", "intermediate_steps", "expected_intermediate_steps"\); source\.nat_keys\.id_key names another key/,
    );
    expect(await complaint(written('renamed_trajectory/workflow_output.json'))).toMatch(
      /^NoCandidates: .*The steps are in "trajectory": set source\.nat_keys\.trajectory_key to that key/,
    );
    const wrong = { nat_keys: { trajectory_key: 'path' } };
    const steps = Buffer.from('[{"id": 1, "question": "q", "answer": 2}]');
    expect(await complaint(steps, wrong)).toMatch(
      /no list of steps under the key that source\.nat_keys\.trajectory_key names .*"id", "question" and "answer"/,
    );
  });
});

test('keys of NAT for another format are refused', async () => {
  expect(await complaint(Buffer.from('{"a":1}\n'), { nat_keys: { id_key: 'x' }, format: 'rollouts' })).toBe(
    "InvalidRequest: source.nat_keys is set, and source.format is rollouts: the keys are those of NAT's files (nat, nat_eval). Leave source.nat_keys out.",
  );
});

describe('what NAT wrote without candidates names the setting that gives them', () => {
  test.each([
    [
      'default_filter/workflow_output.json',
      /^NoCandidates: .*default filter keeps LLM_END and TOOL_END.*eval\.general\.output\.workflow_output_step_filter: \[TTC_END\]/,
    ],
    [
      'disabled/workflow_output.json',
      /^TooManyRejected: .*NAT writes bare answers where eval\.general\.dataset\.structure\.disable is true/,
    ],
    [`${PROFILED}/workflow_output_atif.json`, /^TooManyRejected: .*ATIF export \(workflow_output_atif\.json\)/],
  ])('%s', async (path, message) => {
    expect(await complaint(written(path))).toMatch(message);
  });
});

describe('the folder as `nat eval` leaves it', () => {
  /** The folder's files as a bucket has them. */
  async function runFolder(folder: string, request: object = {}) {
    const root = new URL(`../golden/nat/evaluations/${folder}/`, import.meta.url);
    const traces = memoryStore('traces');
    for (const path of readdirSync(root, { recursive: true, encoding: 'utf8' })) {
      if (/\.\w+$/.test(path)) await traces.create(path, readFileSync(new URL(path, root)));
    }
    const source = { traces: { bucket: 'traces', prefix: '' } };
    const deps = memoryDeps(traces);
    return { ...(await runSteps({ source, ...request }, deps)), deps, source };
  }

  test.each(['nat', 'strict'])(
    'is a source, and what is beside the traces is named once (%s)',
    async (compatibility) => {
      const { totals, manifest, deps, source } = await runFolder('repeated', { builder: { compatibility } });
      expect(totals).toMatchObject({ total_items: 6, total_pairs: 18, rejected_items: {} });
      const [warning, ...others] = manifest.warnings.filter((each) => each.startsWith('Passed over'));
      expect(warning).toBe(
        'Passed over, because NAT writes them beside its traces: config_metadata.json, quality_output.json.',
      );
      expect(others).toEqual([
        'Passed over, because its name is not that of a file with records (2 files): config_effective.yml, config_original.yml.',
      ]);
      // The same request again finds the committed run.
      await expect(runSteps({ source, builder: { compatibility } }, deps)).resolves.toBeDefined();
    },
  );

  test('with a profiler and a folder per job is one too', async () => {
    const { totals, manifest } = await runFolder('profiled');
    expect(totals).toMatchObject({ total_items: 2, total_pairs: 6, rejected_items: {} });
    expect(manifest.warnings.join()).toContain(
      'Passed over, because NAT writes them beside its traces: jobs/job_67f4c011-2ed3-4060-b804-d67912a3e69c/all_requests_profiler_traces.json, ',
    );
  });

  test('without candidates of its own is read by the scores of its evaluators', async () => {
    await expect(runFolder('scored')).rejects.toThrow(
      /^nat_eval has no default score: name the one to compare answers by, .*The first records have "quality", "second"\./,
    );
    const traces = { bucket: 'traces', prefix: '' };
    const { totals, groups, losses } = await runFolder('scored', { source: { traces, score: 'second' } });
    expect(totals).toMatchObject({ total_candidates: 5, total_pairs: 4 });
    expect(losses).toMatchObject([{ reason: 'evaluator_error', example_id: '1', candidate_uuid: '1_rep0' }]);
    expect(groups.find(({ example_id }) => example_id === '1')?.trajectories).toMatchObject([
      {
        episode: [
          {
            prompt: [{ role: 'user', content: 'Q1' }],
            chosen_response: 'answer number 3 to Q1',
            rejected_response: 'answer number 2 to Q1',
          },
        ],
        metadata: { chosen_score: 0.458, rejected_score: 0.328, chosen_index: 2, rejected_index: 1 },
      },
    ]);
  });

  test('with candidates of its own is read by evaluators where the request names a score', async () => {
    const traces = { bucket: 'traces', prefix: '' };
    const { totals } = await runFolder('repeated', {
      source: { traces, score: 'quality' },
      builder: { unit: 'trajectory' },
      dataset: { formats: ['trl'] },
      limits: { allow_empty: true },
    });
    // NAT's agent there says the same each time.
    expect(totals).toMatchObject({ total_candidates: 6, skipped_identical: 6 });
  });
});

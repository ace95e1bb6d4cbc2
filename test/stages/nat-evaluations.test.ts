import { readFileSync } from 'node:fs';
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

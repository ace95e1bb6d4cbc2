import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { dpo } from './dpo-process.ts';

const SAMPLE = 'examples/tic-tac-toe.json';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dpo-inspect-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function inspectItems(items: readonly object[], ...args: string[]) {
  const file = join(folder, 'traces.jsonl');
  await writeFile(file, items.map((item) => `${JSON.stringify(item)}\n`).join(''));
  const { code, stdout, stderr } = await dpo(['inspect', file, '--json', ...args]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return JSON.parse(stdout);
}
const step = (event_type: string, name: string) => ({ payload: { event_type, name } });

test('the sample is told with the pairs that a run makes of it, and writes nothing', async () => {
  const { code, stdout, stderr } = await dpo(['inspect', SAMPLE]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toMatch(/^TTC names +127 dpo_candidate_move$/m);
  const run = await dpo(['run', SAMPLE, '--out', join(folder, 'out'), '--json']);
  const { totals } = JSON.parse(run.stdout);
  const inspected = JSON.parse((await dpo(['inspect', SAMPLE, '--json'])).stdout);
  expect(inspected).toMatchObject({
    items: totals.total_items,
    bytes: totals.bytes,
    turns: totals.total_turns,
    candidates: totals.total_candidates,
    rejected_candidates: totals.rejected_candidates,
  });
  expect(inspected.settings[0]).toMatchObject({
    set: [],
    pairs: totals.total_pairs,
    ties: totals.skipped_tie,
    identical: totals.skipped_identical,
  });
});

test.each([
  [[{ id: 1, intermediate_steps: [step('LLM_END', 'x')] }], /workflow_output_step_filter: \[TTC_END\]/],
  [[{ id: 1, intermediate_steps: [step('TTC_END', 'mine')] }], /--set builder\.ttc_step_name="mine"/],
  [[{ id: 1, intermediate_steps: [] }], /lists of steps are empty.*workflow_output_step_filter: \[TTC_END\]/],
  [[{ id: 1, trajectory: { schema_version: 'ATIF-v1.7' } }], /ATIF/],
  [
    [{ id: 1, trajectory: [step('TTC_END', 'mine')] }],
    /steps are in "trajectory": set source\.nat_keys\.trajectory_key/,
  ],
])('traces without candidates (%j) come with the fix', async (items, fix) => {
  const { candidates, warnings } = await inspectItems(items);
  expect(candidates).toBe(0);
  expect(warnings.join('\n')).toMatch(fix);
});

const candidateLine = (example_id: number, turn_id: string, score: number, prompt: string) => ({
  ...{ example_id, turn_id, candidate_index: 0, score, prompt },
  response: `answer ${score}`,
});

test('adjacent candidate lines, lone candidates and mixed prompts are counted and explained', async () => {
  const found = await inspectItems([
    candidateLine(1, 'a', 0, 'p'),
    candidateLine(1, 'a', 1, 'q'),
    candidateLine(1, 'again', 1, 'p'),
    candidateLine(2, 'alone', 0.5, 'p'),
  ]);
  expect(found).toMatchObject({
    items: 2,
    steps: { TTC_END: 4 },
    repeated_ids: 0,
    turns: 3,
    turns_by_candidates: { 1: 2, 2: 1 },
    turns_with_several_prompts: 1,
    score: { min: 0, max: 1, mean: 0.625 },
    prompts: { text: 4, messages: 0, empty: 0 },
  });
  expect(found.warnings.join('\n')).toMatch(/only one candidate[\s\S]*different prompts/);
});

test('candidate lines whose examples begin again are grouped', async () => {
  const found = await inspectItems([
    candidateLine(1, 'a', 0, 'p'),
    candidateLine(2, 'alone', 0.5, 'p'),
    candidateLine(1, 'a', 1, 'p'),
  ]);
  expect(found).toMatchObject({ format: 'candidates', candidates: 3, groups: 2, outcomes: [{ set: [], pairs: 1 }] });
});

test('names from the traces reach the terminal without control characters', async () => {
  const file = join(folder, 'hostile.jsonl');
  await writeFile(file, `${JSON.stringify({ id: 1, intermediate_steps: [step('TTC_END', '\u001b[2J')] })}\n`);
  expect((await dpo(['inspect', file])).stdout).not.toContain('\u001b');
});

test('two runs of different settings differ in what the settings say, and in nothing else', async () => {
  const out = join(folder, 'diffs');
  await dpo(['run', SAMPLE, '--out', out, '--run-id', 'a']);
  await dpo(['run', SAMPLE, '--out', out, '--run-id', 'b', '--set', 'builder.min_score_diff=0.1']);
  const { code, stdout } = await dpo(['diff', 'a', 'b', '--out', out, '--json']);
  expect(code).toBe(0);
  const difference = JSON.parse(stdout);
  expect(difference).toMatchObject({
    a: 'a',
    b: 'b',
    settings: [{ setting: 'builder.min_score_diff', a: 0, b: 0.1 }],
    inputs: [],
    pairs: { only_in_a: 36, only_in_b: 0, in_both: 68, rescored: 0 },
  });
  expect(difference.totals).toContainEqual({ counter: 'total_pairs', a: 104, b: 68 });
  const text = await dpo(['diff', join(out, 'runs/a'), `${join(out, 'runs/b')}/`]);
  expect(text.stdout).toMatch(/^a and b differ\.\n\nSettings\n {2}builder\.min_score_diff: 0 -> 0\.1\n/);
  expect(text.stdout).toContain('\nPairs\n  68 in both\n  36 only in a\n  0 only in b\n');
  const same = await dpo(['diff', 'a', 'a', '--out', out]);
  expect(same.stdout).toMatch(/^a and a have the same pairs\.\n/);
});

test('a rescored pair is the same pair with other scores', async () => {
  const out = join(folder, 'rescored');
  for (const [run, score] of [
    ['a', 1],
    ['b', 2],
  ] as const) {
    const lines = [score, 0].map((score) =>
      JSON.stringify({ example_id: 'x', turn_id: 't', score, prompt: 'p', response: score > 0 ? 'good' : 'bad' }),
    );
    await writeFile(join(folder, 'scored.jsonl'), `${lines.join('\n')}\n`);
    await dpo(['run', join(folder, 'scored.jsonl'), '--out', out, '--run-id', run]);
  }
  const { pairs, first, inputs } = JSON.parse((await dpo(['diff', 'a', 'b', '--out', out, '--json'])).stdout);
  expect(pairs).toEqual({ only_in_a: 0, only_in_b: 0, in_both: 1, rescored: 1 });
  expect(first).toEqual([{ example_id: 'x', only_in_a: 0, only_in_b: 0, rescored: 1 }]);
  expect(inputs).toEqual([{ key: 'scored.jsonl', change: 'changed' }]);
});

test('what is no run is told with the ways to name one', async () => {
  const { code, stderr } = await dpo(['diff', folder, 'b']);
  expect(code).toBe(2);
  expect(stderr).toMatch(
    /is not a run. Name a directory runs\/ID or s3:\/\/bucket\/runs\/ID, or give --out with ids\.\n$/,
  );
});

describe('of sources that are not NAT’s', () => {
  const GOLDEN = 'test/golden/sources';

  test('format, containers, groups and each score are shown, with the pairs of each score and unit', async () => {
    const { code, stdout } = await dpo(['inspect', `${GOLDEN}/verifiers/v1`, '--json']);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      format: 'verifiers',
      containers: { lines: 1 },
      passed_over: ['configs/resolved/eval.json'],
      candidates: 9,
      groups: 3,
      groups_by_candidates: { 3: 3 },
      score: 'reward',
      unit: 'final',
      rejected_candidates: { error: 1 },
      outcomes: expect.arrayContaining([
        { set: [], pairs: 6, ties: 0, identical: 1, prompt_mismatches: 0, single: 0, too_many_pairs: 0 },
        expect.objectContaining({ set: ['builder.unit=trajectory'], pairs: 7 }),
      ]),
    });
  });

  test('a source without a score of its own says which there are', async () => {
    const { code, stdout } = await dpo(['inspect', `${GOLDEN}/inspect/zstd.eval`]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^format +inspect$/m);
    expect(stdout).toMatch(/^ +11 +--set source\.score=match +without 5 equal scores, 8 the same answer$/m);
    expect(stdout).toContain('as in --set source.score=match');
  });

  test('lines of no known format come with a field map to paste, which then reads them', async () => {
    const file = join(folder, 'mine.jsonl');
    const line = (group: string, reply: string, mark: number) =>
      `${JSON.stringify({ exercise: group, ask: `Solve ${group}.`, reply, mark })}\n`;
    await writeFile(file, ['a', 'b'].flatMap((group) => [line(group, 'one', 1), line(group, 'two', 0)]).join(''));
    const { code, stderr } = await dpo(['inspect', file]);
    expect(code).not.toBe(0);
    expect(stderr).toMatch(/Their keys are exercise, ask, reply, mark\. Name their fields in source\.format/);
    const format = { group: '/exercise', prompt: '/ask', response: '/reply', score: '/mark' };
    const named = await dpo(['inspect', file, '--set', `source.format=${JSON.stringify(format)}`]);
    expect(named.stdout).toMatch(/^ +2 +\(defaults\)/m);
  });
});

test('files in which nothing can be read end with exit code 1', async () => {
  const file = join(folder, 'broken.jsonl');
  await writeFile(file, '{"id":1,"intermediate_steps":[\n{"id":2,\n');
  const { code, stderr } = await dpo(['inspect', file]);
  expect(code).toBe(1);
  expect(stderr).toMatch(/^NoTraces: Nothing in these files can be read\./m);
});

test.each<[string, string, string | Buffer, RegExp]>([
  ['of another character set', 'utf16.jsonl', Buffer.from('\ufeff{"prompt":"Q"}\n', 'utf16le'), /UTF-16 text/],
  ['of no container', 'plain.txt', 'Some words.\nOthers\n', /begins with "S"/],
  ['that is empty', 'empty.csv', '', /no record|cannot be read|nothing|no trace item/i],
  ['that is cut within its first row', 'cut.parquet', 'PAR1....', /footer cannot be read/],
])('one file %s ends inspect and run with exit code 1 and its cause', async (_, name, bytes, cause) => {
  const file = join(folder, name);
  await writeFile(file, bytes);
  for (const args of [
    ['inspect', file],
    ['run', file, '--out', join(folder, `${name}-out`), '--quiet'],
  ]) {
    const { code, stderr } = await dpo(args);
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringMatching(cause) });
  }
});

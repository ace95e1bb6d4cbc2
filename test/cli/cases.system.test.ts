import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { cp, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { dpo } from './dpo-process.ts';

/* Inputs that went wrong in reports about tools of this kind, each run as its reporter ran it. */

const caseFile = (path: string): string => fileURLToPath(new URL(`../golden/cases/${path}`, import.meta.url));
const natFile = (path: string): string => fileURLToPath(new URL(`../golden/nat/${path}`, import.meta.url));

let out: string;
beforeAll(async () => {
  out = await mkdtemp(join(tmpdir(), 'cases-'));
});
afterAll(() => rm(out, { recursive: true }));

let runs = 0;

/** A whole run; `formats` by their names. */
async function run(path: string, formats: readonly string[] = [], ...more: readonly string[]) {
  const id = `r${runs++}`;
  const set = formats.length > 0 ? ['--set', `dataset.formats=${JSON.stringify(formats)}`] : [];
  const ended = await dpo(['run', path, '--out', out, '--run-id', id, '--quiet', ...set, ...more]);
  const file = (name: string): string => join(out, 'runs', id, name);
  const linesOf = (name: string) =>
    (existsSync(file(name)) ? readFileSync(file(name), 'utf8').trimEnd().split('\n') : [])
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line));
  return {
    ...ended,
    losses: linesOf('rejected.jsonl').map(({ reason }) => reason),
    pairs: linesOf('collection.jsonl').flatMap(({ trajectories }) => trajectories),
    examples: linesOf('collection.jsonl').length,
    lines: (format: string) => {
      const folder = file(`datasets/${format}`);
      const files = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith('.jsonl')) : [];
      return files.flatMap((name) => linesOf(`datasets/${format}/${name}`));
    },
    card: (format: string) => readFileSync(file(`datasets/${format}/README.md`), 'utf8'),
  };
}

describe('arrays that were joined by cat', () => {
  const parts = [0, 1, 2, 3].map((part) => readFileSync(caseFile(`01-concatenated-arrays/part${part}.json`)));
  const compact = parts.map((part) => Buffer.from(JSON.stringify(JSON.parse(part.toString()))));

  test.each<[string, Buffer]>([
    ['all.json', Buffer.concat(parts)],
    ['compact.json', Buffer.concat(compact)],
    ['members.json.gz', Buffer.concat(parts.map((part) => gzipSync(part)))],
  ])('are read whole: %s', async (name, bytes) => {
    const path = join(out, name);
    await writeFile(path, bytes);
    const { code, examples, losses } = await run(path);
    expect({ code, examples, losses }).toEqual({ code: 0, examples: 60, losses: [] });
    expect((await dpo(['inspect', path])).stdout).toMatch(/items +60 /);
  });

  test('fail the run where what follows is no array', async () => {
    const path = join(out, 'text.json');
    await writeFile(path, Buffer.concat([...parts, Buffer.from('Done.\n')]));
    const { code, stderr } = await run(path);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^IncompleteInput: text\.json is incomplete: there is more text after the array's closing/);
    expect((await dpo(['inspect', path])).stdout).toMatch(
      /text\.json is incomplete: .* A run fails: give the whole file/,
    );
  });
});

test('lines of tool calls for TRL have no null key, arguments as objects, and a card that says JSON', async () => {
  const { code, lines, card } = await run(caseFile('02-trl-tool-calls/in.jsonl'), ['trl']);
  expect(code).toBe(0);
  const written = lines('trl');
  expect(written).toHaveLength(11);
  expect(JSON.stringify(written)).not.toContain('null');
  const calls = written
    .flatMap(({ chosen, rejected }) => [...chosen, ...rejected])
    .flatMap((one) => one.tool_calls ?? []);
  expect(calls.length).toBeGreaterThan(0);
  for (const call of calls) expect(call.function.arguments).toBeTypeOf('object');
  for (const name of ['prompt', 'chosen', 'rejected']) {
    expect(card('trl')).toContain(`  - name: ${name}\n    list:\n      dtype: json\n`);
  }
});

test.each(['text-and-message', 'same-call-other-id'])(
  'the same answer on both sides makes no pair: %s',
  async (name) => {
    const { code, stderr, pairs } = await run(caseFile(`04-identical-answers/${name}.jsonl`), ['trl', 'openai']);
    expect({ code, pairs }).toEqual({ code: 1, pairs: [] });
    expect(stderr).toMatch(/^NoPairs: .*of 6 possible pairs 6 have the same answer on both sides/);
  },
);

test.each(['answer-list', 'prompt-object', 'prompt-messages-key'])(
  'messages are read as messages: %s',
  async (name) => {
    const { code, lines } = await run(caseFile(`05-messages-become-text/${name}.jsonl`), ['trl']);
    expect(code).toBe(0);
    expect(lines('trl').length).toBeGreaterThan(0);
    for (const { prompt, chosen, rejected } of lines('trl')) {
      expect(prompt).toEqual([{ role: 'user', content: expect.stringMatching(/^Colour \d\?$/) }]);
      expect(chosen).toEqual([{ role: 'assistant', content: expect.stringMatching(/^Blue \d$/) }]);
      expect(rejected).toEqual([{ role: 'assistant', content: expect.stringMatching(/^Dunno \d$/) }]);
    }
  },
);

test('of a folder of links the run says which files it passed over', async () => {
  const folder = join(out, 'links');
  await cp(caseFile('06-symlinks'), folder, { recursive: true });
  await symlink('../blobs/abc', join(folder, 'snapshot/linked.jsonl'));
  const { code, examples, stdout } = await run(join(folder, 'snapshot'));
  expect({ code, examples }).toEqual({ code: 0, examples: 4 });
  expect(stdout).toMatch(/Passed over, because it is a link that leads out of the folder.*: linked\.jsonl\./);
  expect((await dpo(['inspect', join(folder, 'snapshot')])).stdout).toContain('linked.jsonl');
});

test('a prompt under another name is missing, and the keys are named', async () => {
  const path = caseFile('07-prompt-under-another-name/in.jsonl');
  const { code, losses, stderr } = await run(path, ['trl', 'openai', 'llama_factory']);
  expect(code).toBe(1);
  expect(new Set(losses)).toEqual(new Set(['missing_prompt']));
  expect(stderr).toContain('12 missing_prompt');
  expect(readFileSync(join(out, 'runs', `r${runs - 1}`, 'rejected.jsonl'), 'utf8')).toMatch(/keys: .*question/);
  expect((await dpo(['inspect', path])).stdout).toContain('12 missing prompt');
});

test('a message without content and calls is no answer', async () => {
  const { pairs, losses } = await run(caseFile('09-empty-message-answer/in.jsonl'), ['trl', 'openai', 'axolotl']);
  expect(pairs).toEqual([]);
  expect(losses).toEqual(Array(6).fill('empty_response'));
});

test("what openai's model_dump writes is held by every format", async () => {
  const path = caseFile('10-openai-model-dump/in.jsonl');
  const formats = ['trl', 'openai', 'nemo_rl'];
  const { code, pairs, lines, stdout } = await run(path, formats, '--set', 'dataset.validation_fraction=0');
  expect(code).toBe(0);
  expect(pairs).toHaveLength(6);
  for (const format of formats) expect(lines(format)).toHaveLength(6);
  expect(stdout).not.toContain('message_fields');
});

test.each<[string, string, number, number, readonly string[]]>([
  ['a folder of evaluators', caseFile('13-nat-eval-output-folder/eval'), 12, 12, ['rag_accuracy_output.json']],
  ['a folder of repetitions', natFile('evaluations/repeated'), 6, 18, ['config_metadata.json', 'quality_output.json']],
  ['a folder with the profiler', natFile('evaluations/profiled'), 2, 6, ['workflow_output_atif.json']],
])('the folder that nat eval writes is a source: %s', async (_, path, examples, pairs, passedOver) => {
  for (const set of [[], ['--set', 'builder.compatibility=nat']]) {
    const ended = await run(path, [], ...set);
    expect({ code: ended.code, examples: ended.examples, pairs: ended.pairs.length }).toEqual({
      code: 0,
      examples,
      pairs,
    });
    expect(ended.losses).toEqual([]);
    for (const name of passedOver) expect(ended.stdout).toMatch(new RegExp(`Passed over.*${RegExp.escape(name)}`));
  }
  for (const name of passedOver) expect((await dpo(['inspect', path])).stdout).toContain(name);
});

test.each(['mac', 'nb'])('dot files and dot folders are passed over: %s', async (name) => {
  const { code, examples, losses, stdout } = await run(caseFile(`14-dot-files/${name}`));
  expect({ code, examples, losses }).toEqual({ code: 0, examples: 6, losses: [] });
  expect(stdout).toMatch(/Passed over, because a name on the path begins with "\." or "_" \(1 file\)/);
});

test('candidate lines in an array are read', async () => {
  const { code, examples, losses } = await run(caseFile('18-candidates-as-an-array/records.json'));
  expect({ code, examples, losses }).toEqual({ code: 0, examples: 6, losses: [] });
});

test('half a gzip fails the run and says how much could be read', async () => {
  const answers = Array.from({ length: 2_000 }, (_, at) => ({
    ...{ example_id: `e${at >> 1}`, turn_id: 't', candidate_index: at % 2, score: 1 - (at % 2) },
    ...{ prompt: `q${at >> 1}`, response: `a${at >> 1}${at % 2}` },
  }));
  const whole = gzipSync(answers.map((answer) => `${JSON.stringify(answer)}\n`).join(''));
  const path = join(out, 'half.jsonl.gz');
  await writeFile(path, whole.subarray(0, whole.length / 2));
  const { code, stderr } = await run(path);
  expect(code).toBe(1);
  expect(stderr).toMatch(
    /^IncompleteInput: half\.jsonl\.gz is incomplete: .*cut off.*It can be read up to byte \d{5,}/,
  );
  const allowed = await run(path, [], '--set', 'limits.allow_incomplete=true');
  expect(allowed.code).toBe(0);
  expect(allowed.examples).toBeGreaterThan(300);
  expect(allowed.stdout).toContain('half.jsonl.gz is incomplete');
  expect((await dpo(['inspect', path])).stdout).toContain('half.jsonl.gz is incomplete');
});

test('answers that differ in what nobody sees are the same, and one of which nothing shows is empty', async () => {
  const { code, stderr, losses } = await run(caseFile('21-white-space-alone/in.jsonl'));
  expect(code).toBe(1);
  expect(stderr).toContain('6 have the same answer on both sides');
  expect(losses).toEqual(['empty_response']);
});

test.each<[string, string, number, number]>([
  ['a minimal file', caseFile('nat-01-nan-in-other-fields/minimal.json'), 1, 1],
  ['rows of different columns', natFile('ragged/workflow_output.json'), 3, 9],
  ['an empty cell of CSV', caseFile('nat-01-nan-in-other-fields/workflow_output_csv.json'), 3, 9],
  ['a score that is NaN', caseFile('nat-01-nan-in-other-fields/workflow_output_nan_score.json'), 3, 7],
  ['a score that is infinite', caseFile('nat-01-nan-in-other-fields/workflow_output_inf_score.json'), 3, 7],
])('NaN in the files of nat eval costs a candidate at most: %s', async (_, path, examples, pairs) => {
  const ended = await run(path, [], '--set', 'builder.compatibility=nat');
  expect({ code: ended.code, examples: ended.examples, pairs: ended.pairs.length }).toEqual({
    code: 0,
    examples,
    pairs,
  });
});

test.each<[string, string, RegExp]>([
  ['no steps', natFile('evaluations/default_filter/workflow_output.json'), /workflow_output_step_filter: \[TTC_END\]/],
  ['ATIF', caseFile('nat-03-wrong-advice-no-steps/workflow_output_atif.json'), /NAT's ATIF export/],
  ['renamed steps', natFile('evaluations/renamed_trajectory/workflow_output.json'), /source\.nat_keys\.trajectory_key/],
  ['bare answers', natFile('evaluations/disabled/workflow_output.json'), /eval\.general\.dataset\.structure\.disable/],
])('the advice about traces without candidates names what NAT has: %s', async (_, path, advice) => {
  const { code, stderr } = await run(path);
  expect(code).toBe(1);
  expect(stderr).toMatch(advice);
  expect(stderr).not.toMatch(/eval\.general\.output\.structure/);
  const inspected = await dpo(['inspect', path]);
  expect(inspected.stdout + inspected.stderr).toMatch(advice);
});

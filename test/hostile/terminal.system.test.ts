import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { dpo } from '../cli/dpo-process.ts';
import { hostileItems, linesOf, OBEYED } from './hostile-items.ts';

/** As files may be named; one stands in a directory "<". */
const NAMES = [
  '\u001b[2J\u009b31m',
  'two\nlines',
  '</script>',
  '\u202Etxt',
  '\u2028',
  '__proto__',
  '..x',
  'x'.repeat(200),
];

let folder = '';
let traces = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dpo-terminal-'));
  traces = join(folder, 'traces');
  await mkdir(traces);
  await mkdir(join(traces, '<'));
  for (const name of NAMES) await writeFile(join(traces, `${name}.jsonl`), linesOf(hostileItems));
  await writeFile(join(traces, '\u001b[31mempty.jsonl'), '');
});
afterAll(() => rm(folder, { recursive: true }));

const printed = async (...args: string[]) => {
  const { code, stdout, stderr } = await dpo(args);
  expect(stdout).not.toMatch(OBEYED);
  expect(stderr).not.toMatch(OBEYED);
  return { code, stdout, stderr };
};

test('dpo run prints nothing of the traces that a terminal obeys, and writes into its folder alone', async () => {
  const out = join(folder, 'out');
  const { code, stdout } = await printed('run', traces, '--out', out, '--run-id', 'hostile');
  expect(code).toBe(0);
  expect(stdout).toContain('\\u001b[31mempty.jsonl is empty');
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const written = entries
    .filter((entry) => entry.isFile() && !entry.parentPath.startsWith(traces))
    .map(({ parentPath, name }) => join(parentPath, name));
  for (const path of written) expect(path).toMatch(/\/out\/runs\/hostile\/[\w./-]+$/);
  expect(entries.filter((entry) => entry.isFile())).toHaveLength(written.length + NAMES.length + 1);
  const again = await printed('run', traces, '--out', out, '--run-id', 'hostile', '--json');
  const keys = JSON.parse(again.stdout).inputs.map(({ key }: { key: string }) => key);
  expect(keys).toContain('\u001b[2J\u009b31m.jsonl');
});

test('dpo run fails with a message that is one line, whatever the file is called', async () => {
  const bad = join(folder, 'bad');
  await mkdir(bad);
  await writeFile(join(bad, 'a\n\u001b[1mAll is well.jsonl'), '{"id"\n');
  const { code, stderr } = await printed('run', bad, '--out', join(folder, 'out'), '--run-id', 'bad');
  expect(code).toBe(1);
  const told = stderr.split('\n').filter((line) => line.startsWith('TooManyRejected: '));
  expect(told).toEqual([expect.stringContaining('a\\u000a\\u001b[1mAll is well.jsonl at byte 0')]);
});

test('dpo inspect and dpo diff print nothing of the traces that a terminal obeys', async () => {
  const { code, stdout } = await printed('inspect', traces);
  expect(code).toBe(0);
  expect(stdout).toContain('\\u009b31m');
  await printed('inspect', traces, '--json');
  const out = join(folder, 'out');
  for (const [id, margin] of [
    ['one', 0],
    ['other', 2],
  ] as const) {
    await printed('run', join(traces, `${NAMES[margin]}.jsonl`), '--out', out, '--run-id', id);
  }
  const difference = await printed('diff', 'one', 'other', '--out', out);
  expect(difference.stdout).toContain('\\u001b[2J\\u009b31m.jsonl: only the first run read it');
});

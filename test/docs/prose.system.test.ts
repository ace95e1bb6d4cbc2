import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ROOT } from './pages.ts';

// `npm run lint:prose` checks the pages; this, that it finds what it is for.

const PAGES = {
  'old-words': [
    ...['The file stands there.', 'The key is told.', 'He mended it.', 'Whoever reads it.', 'It is to be had.'],
    ...['Nobody said nothing.', 'It is not uncommon.', 'It works but for one.', 'In place of it.', 'He may yet come.'],
  ].join('\n\n'),
  long: `The run ${'reads a file and then '.repeat(10)}ends.`,
  plain: 'The run reads a file. Then it ends.',
  misspelt: 'The runn reads a `runn`.',
};

let folder = '';
let [style, spelling] = ['', ''];
beforeAll(async () => {
  folder = mkdtempSync(join(ROOT, 'docs/prose-'));
  for (const [name, text] of Object.entries(PAGES)) writeFileSync(join(folder, `${name}.md`), `# A page\n\n${text}\n`);
  style = await run('textlint/bin/textlint.js', '--format', 'unix');
  spelling = await run('cspell/bin.mjs', '--no-progress', '--no-summary');
});
afterAll(() => rmSync(folder, { recursive: true }));

function run(program: string, ...args: string[]): Promise<string> {
  const bin = join(ROOT, 'node_modules', program);
  return new Promise((resolve) => {
    execFile(process.execPath, [bin, ...args, `${folder}/*.md`], { cwd: ROOT }, (_, out, err) => resolve(out + err));
  });
}

test.each([
  ...['stands there', 'is told', 'mended', 'Whoever', 'is to be had', 'Nobody said nothing', 'not uncommon', 'but for'],
  ...['In place of', 'may yet'],
])('the words "%s" are found', (words) => {
  expect(style).toContain(`: ${words} => `);
});

test('a sentence that is too long is found, and a plain one passes', () => {
  expect(style).toMatch(/long\.md:.* sentence length\(\d+\) exceeds/);
  expect(style).not.toContain('plain.md');
});

test('a misspelt word is found, but not in code', () => {
  expect(spelling.match(/Unknown word \(\w+\)/g)).toEqual(['Unknown word (runn)']);
});

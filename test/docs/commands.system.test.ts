import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import * as errors from '../../lib/errors.ts';
import { dpo } from '../cli/dpo-process.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const PAGES = readdirSync(join(ROOT, 'docs'))
  .filter((name) => name.endsWith('.md'))
  .map((name) => ({ name, text: readFileSync(join(ROOT, 'docs', name), 'utf8') }));
/** `bash` runs anywhere; `sh` needs AWS or Python, and only its commands and flags are checked. */
const blocks = (text: string, language: string): string[] =>
  [...text.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\``, 'gm'))].map(([, block = '']) => block);

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'dpo-docs-'));
  cpSync(join(ROOT, 'examples'), join(folder, 'examples'), { recursive: true });
});
afterAll(() => rmSync(folder, { recursive: true }));

describe.each(['tutorial.md', 'file-formats.md', 'troubleshooting.md'])('%s', (name) => {
  const text = PAGES.find((page) => page.name === name)?.text ?? '';

  test('its commands run, in their order', () => {
    const script = blocks(text, 'bash').join('\n');
    expect(script).not.toBe('');
    const shell = `set -euo pipefail\ndpo() { "$NODE" "$DPO" "$@"; }\n${script}`;
    execFileSync('bash', ['-c', shell], {
      cwd: folder,
      env: { ...process.env, NODE: process.execPath, DPO: join(ROOT, 'cli/dpo.ts') },
      stdio: 'pipe',
    });
  });

  test('its commands that need AWS are commands, with flags that exist', async () => {
    for (const line of blocks(text, 'sh').join('\n').split('\n')) {
      if (!line.startsWith('dpo ')) continue;
      const [, command = '', ...words] = line.split(' ');
      const { code, stdout } = await dpo([command, '--help']);
      expect(code, line).toBe(0);
      for (const flag of words.filter((word) => word.startsWith('--'))) expect(stdout, line).toContain(` ${flag} `);
    }
  });
});

test('what the tutorial trains on is there', () => {
  const dataset = join(folder, 'out/runs/first/datasets/trl');
  const script = readFileSync(join(ROOT, 'examples/train_trl.py'), 'utf8');
  const named = [...script.matchAll(/"([\w.]+\.jsonl)"/g)].map(([, file = '']) => file);
  expect(named).toEqual(['train.jsonl', 'validation.jsonl']);
  for (const file of named) {
    const [first = ''] = readFileSync(join(dataset, file), 'utf8').split('\n');
    expect(Object.keys(JSON.parse(first))).toEqual(['prompt', 'chosen', 'rejected']);
  }
});

test.each(PAGES)('the links of $name lead somewhere', ({ name, text }) => {
  for (const [, target = ''] of text.matchAll(/\]\(([^)\s]+)\)/g)) {
    if (/^https?:|^#/.test(target)) continue;
    const file = join(ROOT, 'docs', dirname(name), target.replace(/#.*$/, ''));
    expect(existsSync(file), `${name} links to ${target}`).toBe(true);
  }
});

test('every error that a run can end in has its line in the troubleshooting page', () => {
  const text = PAGES.find(({ name }) => name === 'troubleshooting.md')?.text ?? '';
  const missing = Object.keys(errors).filter(
    (name) => name !== 'PipelineError' && name !== 'ObjectNotFound' && !text.includes(`\`${name}\``),
  );
  expect(missing).toEqual([]);
});

import { spawn } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import packageJson from '../../package.json' with { type: 'json' };
import { dpo } from '../cli/dpo-process.ts';
import { blocksOf, commandLines, linesIn, PAGES, type Page, ROOT, shownOutputs } from './pages.ts';
import { startServices } from './services.ts';
import { helpExamples, wrongCommand } from './wrong-command.ts';

let folder = '';
let services: Awaited<ReturnType<typeof startServices>>;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'dpo-docs-'));
  services = await startServices(folder);
});
afterAll(async () => {
  await services.close();
  rmSync(folder, { recursive: true });
});

/**
 * `dpo` and `npm` as a reader has them, in the folder: `npm start` and `npm run dpo` are run; of what builds, tests or
 * deploys it is required that the script exists. The services stand on this machine, so private addresses are allowed.
 */
const SHELL = `set -euo pipefail
dpo() {
  # Where the docs have a server of the reader's own, there is ours, by host name too.
  local AWS_ENDPOINT_URL_S3="\${AWS_ENDPOINT_URL_S3/localhost:9000/$S3_SERVER}"
  if [ "$1" = run ]; then shift; set -- run --allow-private-endpoint "$@"; fi
  "$NODE" "$DPO" "$@"
}
npm() {
  if [ "$1" = ci ]; then return; fi
  if [ "$1" = run ]; then shift; fi
  if [ "$1" = --silent ]; then shift; fi
  local line; line=$("$NODE" -p 'JSON.parse(process.env.SCRIPTS)[process.argv[1]] ?? process.exit(1)' "$1"); shift
  if [ "\${1:-}" = -- ]; then shift; fi
  case "$line" in 'node cli/dpo.ts'*) eval "dpo \${line#node cli/dpo.ts}" '"$@"' ;; esac
}
`;

function runs(script: string): Promise<{ code: number | null; output: string }> {
  const child = spawn('bash', ['-c', SHELL + script], {
    cwd: folder,
    env: {
      ...process.env,
      ...services.environment,
      S3_SERVER: new URL(services.environment.AWS_ENDPOINT_URL_S3).host.replace('127.0.0.1', 'localhost'),
      ...{ NODE: process.execPath, DPO: join(ROOT, 'cli/dpo.ts'), SCRIPTS: JSON.stringify(packageJson.scripts) },
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  return new Promise((resolve) => child.once('close', (code) => resolve({ code, output })));
}

const README = PAGES.filter(({ path }) => path === 'README.md');
const withCommands = PAGES.filter((page) => linesIn(page, 'bash') !== '');

test.each(withCommands)(
  'the commands of $path run, in their order, and print what the page shows',
  { timeout: 300_000 },
  async (page) => {
    const blocks = shownOutputs(page);
    // Errors and results in the order in which they are written, after a mark for each block.
    const marked = blocks.map(({ commands }) => `echo '${MARK}'\n${commands}`);
    const { code, output } = await runs(['exec 2>&1', ...marked].join('\n'));
    expect(code, output).toBe(0);
    const printed = output.split(`${MARK}\n`).slice(1);
    for (const [place, { commands, output: shown }] of blocks.entries()) {
      if (shown !== undefined) expect(printed[place]?.replace(/ +$/gm, ''), commands).toMatch(patternOf(shown));
    }
  },
);

const MARK = '@@@';

/** The text, with anything in place of `…`: words of a line, or lines where it is alone. */
const patternOf = (shown: string): RegExp => new RegExp(`^${shown.split('\n').map(linePattern).join('')}\\s*$`);

const linePattern = (line: string): string =>
  line === '…' ? '(?:.*\\n)*?' : line === '' ? '\\n*' : `${line.split('…').map(RegExp.escape).join('.*?')}\\n`;

test('the tutorial shows the output of every command', () => {
  const [tutorial] = PAGES.filter(({ path }) => path === 'docs/tutorial.md').map(shownOutputs);
  expect(tutorial?.filter(({ output }) => output === undefined)).toEqual([]);
});

test('the commands that were run reached what they speak of', () => {
  expect(services.asked).toHaveLength(1);
  expect(services.jobs.length).toBeGreaterThan(0);
  expect(services.executions.map(({ name }) => name)).toEqual(['first']);
});

test('the README begins with a command for the main job and one for the tests, each for a fresh clone', () => {
  const [first] = README.flatMap(shownOutputs);
  const lines = (first?.commands ?? '').trimEnd().split('\n');
  expect(lines.map((line) => line.replace(/ +#.*/, ''))).toEqual(['npm ci && npm start', 'npm ci && npm test']);
  expect(first?.output).toMatch(/^pairs +\d+$/m);
});

test('the program that the README shows writes the lines of a dataset', async () => {
  const [program = ''] = README.flatMap(blocksOf).flatMap(({ language, text }) => (language === 'js' ? [text] : []));
  const library = pathToFileURL(join(ROOT, 'library/index.ts')).href;
  writeFileSync(join(folder, 'program.mjs'), program.replace("'dpo-trajectories'", `'${library}'`));
  cpSync(join(ROOT, 'examples/rollouts.jsonl'), join(folder, 'rollouts.jsonl'));
  const { code, output } = await runs('"$NODE" program.mjs');
  expect(code, output).toBe(0);
  expect(output).toMatch(/^train\.jsonl \{.*"chosen":/m);
});

test('npm start -- --open leaves a report open in the browser', async () => {
  const open = README.flatMap((page) => linesIn(page, 'bash').split('\n')).find((line) => line.includes('--open'));
  const { code, output } = await runs(open ?? 'the README opens no report');
  expect(code, output).toBe(0);
  const opened = () => (existsSync(join(folder, 'opened')) ? readFileSync(join(folder, 'opened'), 'utf8') : '');
  await expect.poll(opened).toMatch(/^file:\S+report\.html$/m);
  const [address = ''] = opened().split('\n');
  expect(readFileSync(new URL(address), 'utf8')).toMatch(/^<!doctype html>/);
});

test.each([
  'dpo inspect examples/no-such-file.json',
  'dpo run examples/tic-tac-toe.json --out out --no-such-flag',
  'npm run no-such-script',
  'npm run dpo -- diff first no-such-run --out out',
])('a page with the command %s would fail', async (line) => {
  expect((await runs(`${line}\ntrue`)).code).not.toBe(0);
});

describe.each(PAGES)('$path', (page: Page) => {
  test('names only commands, flags and scripts that exist', async () => {
    for (const line of commandLines(page)) expect(await wrongCommand(line), line).toBeUndefined();
  });

  test('has its commands in blocks that are run (bash) or need what no test has (sh)', () => {
    for (const { language, text } of blocksOf(page)) {
      expect(['bash', 'sh', 'json', 'yaml', 'ts', 'js', 'mermaid', '']).toContain(language);
      if (language === '') expect(text).not.toMatch(/^\$? *(dpo|npm|npx|aws) /m);
    }
    // What this project does runs here; only other programs may need more.
    expect(linesIn(page, 'sh').match(/^dpo (run|inspect|diff|schema).*/gm) ?? []).toEqual([]);
  });
});

test.each([
  ['dpo inspect x --no-such', 'dpo inspect has no --no-such'],
  ['npm run dpo -- start x --json --follow', 'dpo start has no --follow'],
  ['dpo begin', 'dpo has no command begin'],
  ['npm run nothing', 'package.json has no script nothing'],
])('the check of names finds what is wrong with %s', async (line, complaint) => {
  expect(await wrongCommand(line)).toBe(complaint);
});

test('the examples in the help of each command name only flags that exist', async () => {
  const { stdout } = await dpo(['--help']);
  const commands = [...stdout.matchAll(/^ {2}([a-z]+) .*\[options\]/gm)].map(([, name = '']) => name);
  expect(commands).toContain('start');
  for (const command of commands) {
    for (const line of await helpExamples(command)) {
      expect(await wrongCommand(line.replace(/ \(.*\)$/, '')), line).toBeUndefined();
    }
  }
});

test('what the tutorial trains on is there', () => {
  const dataset = join(folder, 'out/runs/first/datasets/trl');
  // The script loads the folder by its card.
  const card = readFileSync(join(dataset, 'README.md'), 'utf8');
  const named = [...card.matchAll(/^ +- "([\w.]+\.jsonl)"$/gm)].map(([, file = '']) => file);
  expect(named).toEqual(['train.jsonl', 'validation.jsonl']);
  for (const file of named) {
    const [first = ''] = readFileSync(join(dataset, file), 'utf8').split('\n');
    expect(Object.keys(JSON.parse(first))).toEqual(['prompt', 'chosen', 'rejected']);
  }
});

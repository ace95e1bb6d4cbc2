import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { RunFailure } from '../../lib/contract/failure.ts';
import { Manifest } from '../../lib/contract/manifest.ts';
import packageJson from '../../package.json' with { type: 'json' };
import { dpo } from './dpo-process.ts';

const SAMPLE = 'examples/tic-tac-toe.json';
const STACK = /^ +at /m;
/** A stage's line, of which a slow machine has some. */
const PROGRESS = /^[A-Z][a-z ]+: \d+% of /;

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dpo-cli-'));
});
afterAll(() => rm(folder, { recursive: true }));

let outs = 0;
const newOut = (): string => join(folder, `out-${outs++}`);
const reportOf = (out: string, runId: string): string => pathToFileURL(join(out, 'runs', runId, 'report.html')).href;

test('the sample is committed, and its table says what came out, what was left out and where the files are', async () => {
  const out = newOut();
  const { code, stdout, stderr } = await dpo(['run', SAMPLE, '--out', out, '--run-id', 'sample']);
  const lines = stderr.split('\n').filter((line) => !PROGRESS.test(line));
  expect(lines).toEqual(['Reading 1 trace file (415 KB) in 1 shard.', `The report: ${reportOf(out, 'sample')}`, '']);
  expect(code).toBe(0);
  expect(stdout).toMatch(
    /^examples +12 {2}with at least one pair\nturns +41\ncandidates +\d+\npairs +\d+\n\nLeft out\n/,
  );
  expect(stdout).toMatch(/pairs +\d+ {2}equal scores\n/);
  expect(stdout).toMatch(/candidates +4 {2}rejected: empty response\n/);
  expect(stdout).toContain(`Files in ${out}/\n  runs/sample/collection.jsonl `);
  expect(await readdir(join(out, 'runs', 'sample'))).toEqual(
    expect.arrayContaining(['collection.jsonl', 'manifest.json', 'metrics.jsonl', 'rejected.jsonl']),
  );
  // Small enough that every core of this machine has some.
  const request = JSON.parse(await readFile(join(out, 'runs', 'sample', 'request.json'), 'utf8'));
  expect(request).toMatchObject({ limits: { shard_bytes: 2 ** 23 } });
});

test('the same command over the same files names the same run, and says that it is done', async () => {
  const out = newOut();
  const first = await dpo(['run', SAMPLE, '--out', out]);
  const again = await dpo(['run', SAMPLE, '--out', out]);
  const [runId] = await readdir(join(out, 'runs'));
  expect(runId).toMatch(/^run-[0-9a-f]{12}$/);
  expect(again).toEqual({
    code: 0,
    stdout: first.stdout,
    stderr: `Run ${runId} is already committed; nothing to do.\nThe report: ${reportOf(out, runId ?? '')}\n`,
  });
});

test('--open shows the report as the desktop shows a page, and --quiet leaves stderr empty', async () => {
  const out = `${newOut()} with a blank`;
  const desktop = await mkdtemp(join(folder, 'desktop-'));
  const opened = join(desktop, 'opened');
  for (const name of ['xdg-open', 'open']) {
    await writeFile(join(desktop, name), `#!/bin/sh\necho "$1" > '${opened}'\n`, { mode: 0o755 });
  }
  const env = { PATH: `${desktop}:${process.env.PATH}` };
  const ended = await dpo(['run', SAMPLE, '--out', out, '--run-id', 'r', '--open', '--quiet'], { env });
  expect(ended).toMatchObject({ code: 0, stderr: '' });
  await expect.poll(() => readFile(opened, 'utf8').catch(() => '')).toBe(`${reportOf(out, 'r')}\n`);
  expect(await readFile(new URL(reportOf(out, 'r')), 'utf8')).toMatch(/^<!doctype html>/);
});

test('--open without a desktop is no failure', async () => {
  const ended = await dpo(['run', SAMPLE, '--out', newOut(), '--open'], { env: { PATH: join(folder, 'nothing') } });
  expect(ended.code).toBe(0);
});

test('another request under a committed run’s id is refused', async () => {
  const out = newOut();
  await dpo(['run', SAMPLE, '--out', out, '--run-id', 'taken']);
  const other = await dpo(['run', SAMPLE, '--out', out, '--run-id', 'taken', '--set', 'builder.min_score_diff=0.5']);
  expect(other.code).toBe(1);
  expect(other.stderr).toMatch(/^RunConflict: .*taken/m);
  expect(other.stderr).not.toMatch(STACK);
  expect(other.stdout).toBe('');
});

test('--json prints the manifest as the last line of stdout', async () => {
  const out = newOut();
  const { code, stdout } = await dpo(['run', SAMPLE, '--out', out, '--run-id', 'r', '--json']);
  expect(code).toBe(0);
  const manifest = Manifest.parse(JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? ''));
  expect(manifest).toEqual(JSON.parse(await readFile(join(out, 'runs/r/manifest.json'), 'utf8')));
});

test('an interrupted run ends with 130, and the same command finishes it with the same collection', async () => {
  const whole = newOut();
  await dpo(['run', SAMPLE, '--out', whole, '--run-id', 'r']);
  const out = newOut();
  const args = ['run', SAMPLE, '--out', out, '--run-id', 'r', '--shard-bytes', '2048', '--concurrency', '1'];
  const interrupted = await dpo(args, { interruptAt: /Reading/ });
  expect(interrupted.code).toBe(130);
  expect(interrupted.stderr).toMatch(
    /Interrupted\. Start the same command again: it continues from what it has written\.\n$/,
  );
  expect(await readdir(join(out, 'runs/r'))).not.toContain('manifest.json');
  expect((await dpo(args)).code).toBe(0);
  const collection = (root: string) => readFile(join(root, 'runs/r/collection.jsonl'), 'utf8');
  expect(await collection(out)).toBe(await collection(whole));
});

test.each([
  [
    ['--set', 'builder.min_score_dif=1'],
    'builder.min_score_dif is not a setting; did you mean builder.min_score_diff?\n',
  ],
  [['--set', 'builder.min_score_diff=-1'], 'builder.min_score_diff must be a number of at least 0, but is -1.\n'],
  [['--request', '/no/such.json'], '--request /no/such.json does not exist.\n'],
  [
    ['no-such-traces'],
    `no-such-traces does not exist (looked for at ${resolve('no-such-traces')}). Name a trace file, a directory of them, or s3://bucket/prefix.\n`,
  ],
])('a wrong request (%s) ends with 2 and one sentence, and writes nothing', async (args, message) => {
  const out = newOut();
  expect(await dpo(['run', SAMPLE, '--out', out, ...args])).toEqual({ code: 2, stdout: '', stderr: message });
  await expect(readdir(out)).rejects.toThrow('ENOENT');
});

test('a usage error ends with 2 and points to the help', async () => {
  const { code, stderr } = await dpo(['run', SAMPLE, '--out', 'x', '--requst', 'y']);
  expect(code).toBe(2);
  expect(stderr).toBe("error: unknown option '--requst'\n(Did you mean --request?)\n(dpo run --help shows how.)\n");
});

test('traces without a candidate end with 1 and the likely cause, without a stack trace', async () => {
  const traces = join(folder, 'no-candidates.json');
  await writeFile(traces, JSON.stringify([{ id: 1, question: 'q', intermediate_steps: [] }]));
  const out = newOut();
  const { code, stdout, stderr } = await dpo(['run', traces, '--out', out, '--run-id', 'r']);
  expect(code).toBe(1);
  expect(stdout).toBe('');
  const file = join(out, 'runs/r/failure.json');
  const record = RunFailure.parse(JSON.parse(await readFile(file, 'utf8')));
  expect(record).toMatchObject({ run_id: 'r', state: 'Choose', error: 'NoCandidates' });
  expect(stderr).toMatch(new RegExp(`^Failed in Choose; ${file} says what to do\\.$`, 'm'));
  expect(stderr.endsWith(`\nNoCandidates: ${record.message}\n`)).toBe(true);
  expect(stderr).not.toMatch(STACK);
});

test('with DEBUG=dpo the stack of a failure is shown too', async () => {
  const { code, stderr } = await dpo(['run', 'no-such-traces', '--out', newOut()], { env: { DEBUG: 'dpo' } });
  expect(code).toBe(2);
  expect(stderr).toMatch(STACK);
});

test('--nat-config tells which fields are not used, and the run goes on', async () => {
  const config = join(folder, 'config.yml');
  await writeFile(
    config,
    `trajectory_builders: {b: {_type: dpo_traj_builder, max_pairs_per_turn: 1}}
trainers: {t: {_type: nemo_customizer_trainer, num_runs: 3}}
`,
  );
  const { code, stdout, stderr } = await dpo(['run', SAMPLE, '--out', newOut(), '--nat-config', config]);
  expect(code).toBe(0);
  expect(stderr).toMatch(/^trainers\.t\.num_runs is not used: /);
  expect(stdout).toMatch(/past builder\.max_pairs_per_turn\n/);
});

test('--version is the package’s, and the help has examples', async () => {
  expect(await dpo(['--version'])).toEqual({ code: 0, stdout: `${packageJson.version}\n`, stderr: '' });
  const help = await dpo(['run', '--help']);
  expect(help.code).toBe(0);
  expect(help.stdout).toContain('$ dpo run workflow_output.json --out out\n');
});

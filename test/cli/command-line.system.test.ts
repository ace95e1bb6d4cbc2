import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { placeTokenizer } from '../docs/services.ts';
import { dpo } from './dpo-process.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const CLI = join(ROOT, 'cli/dpo.ts');
const TRACES = join(ROOT, 'examples/candidates.jsonl');

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'dpo-command-line-'));
  cpSync(TRACES, join(folder, 'in.jsonl'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const at = (...names: string[]): string => join(folder, ...names);
const collectionOf = (out: string, run: string): string =>
  readFileSync(at(out, 'runs', run, 'collection.jsonl'), 'utf8');

test('where npm runs the command, paths are relative to where the user is', () => {
  const args = [
    '--prefix',
    ROOT,
    'run',
    '--silent',
    'dpo',
    '--',
    'run',
    'in.jsonl',
    '--out',
    'here',
    '--run-id',
    'npm',
  ];
  const { status, stderr } = spawnSync('npm', args, { cwd: folder, encoding: 'utf8' });
  expect({ status, stderr }).toMatchObject({ status: 0 });
  expect(existsSync(at('here/runs/npm/manifest.json'))).toBe(true);
  expect(existsSync(join(ROOT, 'here'))).toBe(false);
});

test('the home folder and addresses are understood where no shell has, or refused with the way out', async () => {
  const env = { HOME: folder };
  const run = (...args: string[]) => dpo(['run', ...args], { env });
  expect(await run('~/in.jsonl', '--out=~/home', '--run-id', 'r')).toMatchObject({ code: 0 });
  expect(existsSync(at('home/runs/r/manifest.json'))).toBe(true);
  expect(await dpo(['diff', '~/home/runs/r', `file://${at('home/runs/r')}`], { env })).toMatchObject({ code: 0 });
  for (const [args, why] of [
    [
      ['~other/in.jsonl', '--out', at('o')],
      '~other/in.jsonl cannot be expanded. Write ./~other/in.jsonl for a file of that name',
    ],
    [['~/in.jsonl', '--out', 'gs://b/x'], 'gs://b/x is a "gs" address, which dpo does not read'],
    [['https://b/x.jsonl', '--out', at('o')], 'which dpo does not read. Name a path or s3://bucket/prefix'],
    [['s3:/b/x', '--out', at('o')], 's3:/b/x is not an address. Write s3://bucket/prefix'],
    [['S3://', '--out', at('o')], 'S3:// has no bucket'],
    [['~/none.jsonl', '--out', at('o')], `~/none.jsonl does not exist (looked for at ${at('none.jsonl')})`],
    [['~/in.jsonl', '--out', at('o'), '--request', 's3://b/r.json'], 's3://b/r.json is a "s3" address'],
  ] as const) {
    const { code, stderr } = await run(...args);
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining(why) });
  }
  expect(readdirSync(ROOT).filter((name) => /^(?:~|\w+:)/.test(name))).toEqual([]);
});

test('a full disk behind stdout fails the command in a sentence; a reader that has gone does not', async () => {
  const args = ['run', at('in.jsonl'), '--out', at('full'), '--run-id', 'r', '--quiet'];
  const full = spawnSync(process.execPath, [CLI, ...args], {
    stdio: ['ignore', openSync('/dev/full', 'w'), 'pipe'],
    encoding: 'utf8',
  });
  expect(full.status).toBe(1);
  expect(full.stderr).toBe('The output could not be written completely (ENOSPC). Send it elsewhere.\n');
  const schema = spawn(process.execPath, [CLI, 'schema'], { stdio: ['ignore', 'pipe', 'pipe'] });
  schema.stdout.destroy();
  let told = '';
  schema.stderr.setEncoding('utf8').on('data', (text) => {
    told += text;
  });
  expect(await once(schema, 'close')).toEqual([0, null]);
  expect(told).toBe('');
});

test('a place that cannot be written is named with the cause', async () => {
  writeFileSync(at('file'), '');
  const { code, stderr } = await dpo(['run', at('in.jsonl'), '--out', at('file/out'), '--run-id', 'r']);
  expect(code).toBe(1);
  expect(stderr).toMatch(/^StoreRefused: \S+file\/out\/runs\/r\/\S+: .*\(ENOTDIR\)$/m);
});

test('standard input is a source like a file, also compressed, and the same bytes are the same run', async () => {
  const bytes = readFileSync(at('in.jsonl'));
  const run = (input: Uint8Array, ...more: string[]) => dpo(['run', '-', '--out', at('stdin'), ...more], { input });
  expect(await run(bytes, '--run-id', 'piped', '--shard-bytes', '1024')).toMatchObject({ code: 0 });
  expect(await run(gzipSync(bytes), '--run-id', 'zipped')).toMatchObject({ code: 0 });
  await dpo(['run', at('in.jsonl'), '--out', at('stdin'), '--run-id', 'named']);
  const named = collectionOf('stdin', 'named').replaceAll('"key":"in.jsonl"', '"key":"stdin"');
  for (const id of ['piped', 'zipped']) {
    expect(collectionOf('stdin', id).replaceAll(`"run_id":"${id}"`, '"run_id":"named"')).toBe(named);
  }
  const first = await run(bytes);
  const again = await run(bytes);
  expect(again.stderr).toMatch(/^Run run-\w+ is already committed; nothing to do\.$/m);
  expect(again.stdout).toBe(first.stdout);
  const other = await run(Buffer.concat([bytes, bytes]), '--run-id', 'piped', '--shard-bytes', '1024');
  expect(other).toMatchObject({ code: 1, stderr: expect.stringContaining('RunConflict') });
  expect(await dpo(['inspect', '-'], { input: bytes })).toMatchObject({ code: 0, stderr: '' });
  expect(await dpo(['start', '-'], { input: bytes })).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('Name a file here'),
  });
  const request = JSON.parse(readFileSync(at('stdin/runs/piped/request.json'), 'utf8'));
  expect(request.source.traces).toEqual({ bucket: 'file:///dev/', key: 'stdin' });
});

test('what standard input was kept in is removed, also after a killed run', async () => {
  const env = { TMPDIR: at('tmp') };
  mkdirSync(env.TMPDIR);
  const kept = () => readdirSync(env.TMPDIR).filter((name) => name.startsWith('.dpo-'));
  const dead = spawn(process.execPath, [CLI, 'run', '-', '--out', at('killed')], {
    env: { ...process.env, ...env },
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  dead.stdin.write('{"a"');
  while (kept().length === 0) await new Promise((resolve) => setTimeout(resolve, 20));
  dead.kill('SIGKILL');
  await once(dead, 'close');
  expect(kept()).toHaveLength(1);
  await dpo(['run', '-', '--out', at('killed')], { env, input: readFileSync(at('in.jsonl')) });
  expect(kept()).toEqual([]);
});

test('a file that the user names is read though it is a link', async () => {
  mkdirSync(at('snapshot'));
  symlinkSync('../in.jsonl', at('snapshot/linked.jsonl'));
  expect(await dpo(['inspect', at('snapshot/linked.jsonl')])).toMatchObject({ code: 0 });
  const { code } = await dpo([
    'run',
    at('snapshot/linked.jsonl'),
    '--out',
    at('links'),
    '--run-id',
    'r',
    '--concurrency',
    '2',
  ]);
  expect(code).toBe(0);
  expect(collectionOf('links', 'r')).toContain('"key":"linked.jsonl"');
});

test('a tokenizer is read from a folder of links, as the hub keeps its models', async () => {
  placeTokenizer(at('blobs'));
  mkdirSync(at('model'));
  for (const name of readdirSync(at('blobs'))) symlinkSync(`../blobs/${name}`, at('model', name));
  const set = ['--set', `dataset.tokenizer.bucket=file:${at('model')}`];
  const { code, stderr } = await dpo(['run', at('in.jsonl'), '--out', at('tokens'), '--run-id', 'r', ...set]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: expect.not.stringContaining('Refused') });
  expect(existsSync(at('tokens/runs/r/tokenizer.json'))).toBe(true);
});

test('lists need no JSON on the command line, and a request file may name its schema', async () => {
  writeFileSync(at('request.json'), '{"$schema": "./request.schema.json", "builder": {"min_score_diff": 0}}');
  for (const [id, formats] of [
    ['plain', 'trl,openai'],
    ['bracketed', '[trl, openai]'],
    ['json', '["trl","openai"]'],
  ]) {
    const args = ['run', at('in.jsonl'), '--out', at('lists'), '--run-id', `${id}`, '--request', at('request.json')];
    expect(await dpo([...args, '--set', `dataset.formats=${formats}`])).toMatchObject({ code: 0 });
    expect(readdirSync(at('lists/runs', `${id}`, 'datasets')).sort()).toEqual(['openai', 'trl']);
    expect(readFileSync(at('lists/runs', `${id}`, 'request.json'), 'utf8')).not.toContain('schema');
  }
});

test('an unexpected error of any command is one line, and so is a wrong request', async () => {
  writeFileSync(at('hostile.json'), JSON.stringify({ 'a\n\u001b[1mAll is well': 1 }));
  const { code, stderr } = await dpo(['run', at('in.jsonl'), '--out', at('o'), '--request', at('hostile.json')]);
  expect(code).toBe(2);
  expect(stderr.trimEnd().split('\n')).toEqual([expect.stringContaining('a\\u000a\\u001b[1mAll is well')]);
  const flag = await dpo(['run', '--\u001b[2J']);
  expect(flag.stderr).not.toContain('\u001b');
});

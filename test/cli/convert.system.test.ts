import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ROOT } from '../docs/pages.ts';
import { dpo } from './dpo-process.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'dpo-convert-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const runOver = (id: string, ...args: readonly string[]) =>
  dpo(['run', join(ROOT, 'examples/tic-tac-toe.json'), '--out', folder, '--run-id', id, '--quiet', ...args]);
const filesOf = (id: string, format: string) => {
  const dataset = join(folder, 'runs', id, 'datasets', format);
  return Object.fromEntries(readdirSync(dataset).map((file) => [file, readFileSync(join(dataset, file), 'utf8')]));
};

test('a committed run is converted to the bytes that its own run would have written, without its traces', async () => {
  const settings = ['--set', 'dataset.validation_fraction=0.3', '--set', 'builder.min_score_diff=0.1'];
  await runOver('both', '--set', 'dataset.formats=["trl","openai"]', ...settings);
  await runOver('first', '--set', 'dataset.formats=["trl"]', ...settings);
  const { code, stderr } = await dpo([
    'convert',
    join(folder, 'runs/first'),
    '--format',
    'openai',
    '--run-id',
    'other',
    '--quiet',
  ]);
  expect(code, stderr).toBe(0);
  expect(filesOf('other', 'openai')).toEqual(filesOf('both', 'openai'));
});

test.each([
  ['a run that is not there', ['runs/none', '--format', 'trl'], 'is not committed'],
  ['no format', ['runs/first'], 'Give a format to write, as in --format trl'],
  ['a format that does not exist', ['runs/first', '--format', 'trll'], '--format trll is not a format. Name one of'],
])('%s is refused with the way out', async (_, [run = '', ...args], message) => {
  const { code, stderr } = await dpo(['convert', join(folder, run), ...args]);
  expect(stderr).toContain(message);
  expect(code).toBe(2);
});

test('a run in nat is refused: strict would leave pairs of it out', async () => {
  await runOver('nat', '--set', 'builder.compatibility=nat');
  const { code, stderr } = await dpo(['convert', join(folder, 'runs/nat'), '--format', 'openai']);
  expect(stderr).toContain('builder.compatibility nat. Run over its traces again');
  expect(code).toBe(2);
});

test('a run whose report holds no text is converted to one whose report holds none', async () => {
  const settings = ['--set', 'dataset.formats=trl', '--set', 'report.text=false'];
  await runOver('private', ...settings);
  const { code, stderr } = await dpo([
    'convert',
    join(folder, 'runs/private'),
    '--format',
    'openai',
    '--run-id',
    'also',
  ]);
  expect(code, stderr).toBe(0);
  expect(readFileSync(join(folder, 'runs/also/report.html'), 'utf8')).not.toContain('You play tic-tac-toe');
  expect(JSON.parse(readFileSync(join(folder, 'runs/also/request.json'), 'utf8')).report).toEqual({ text: false });
});

test('a collection that lost lines since it was committed is not converted', async () => {
  await runOver('shorter');
  const collection = join(folder, 'runs/shorter/collection.jsonl');
  const [first] = readFileSync(collection, 'utf8').split('\n');
  writeFileSync(collection, `${first}\n`);
  const { code, stderr } = await dpo(['convert', join(folder, 'runs/shorter'), '--format', 'openai']);
  expect(stderr).toContain('The collection differs from what the run committed');
  expect(stderr).toContain(`has ${Buffer.byteLength(`${first}\n`)} bytes`);
  expect(code).toBe(2);
});

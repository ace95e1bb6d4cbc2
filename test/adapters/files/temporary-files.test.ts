import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { isTemporary, temporaryName } from '../../../adapters/files/temporary-files.ts';
import { removeFilesOfDeadRuns } from '../../../cli/local/dead-runs.ts';

let out = '';
beforeEach(() => {
  out = mkdtempSync(join(tmpdir(), 'dpo-dead-runs-'));
});
afterEach(() => rmSync(out, { recursive: true }));

const make = (...path: string[]): string => {
  const file = join(out, ...path);
  mkdirSync(join(file, '..'), { recursive: true });
  writeFileSync(file, '');
  return file;
};
/** As another process of this machine names its files. */
const nameOf = (pid: number): string => temporaryName().replace(`-${process.pid}-`, `-${pid}-`);
const ended = (): number => spawnSync(process.execPath, ['--version']).pid;
const here = () => ({ bucket: pathToFileURL(`${out}/`).href, prefix: '' });

test('the next run removes what dead processes left in runs that are not committed, and in its own', () => {
  const dead = ended();
  const gone = [make('runs/a/shards/000000', nameOf(dead)), make('runs/b', nameOf(dead)), make('runs/c', nameOf(dead))];
  make('runs/b/manifest.json');
  const kept = [make('runs/a/collection.jsonl'), make('runs/a', nameOf(process.ppid)), make('runs/a', temporaryName())];
  const elsewhere = make('runs/a', `.dpo-01234567-${dead}-01234567-89abcdef-0123-4567-89ab-cdef01234567.tmp`);
  removeFilesOfDeadRuns(here(), 'b');
  expect(gone.map((path) => existsSync(path))).toEqual([false, false, false]);
  expect([...kept, elsewhere].map((path) => existsSync(path))).toEqual([true, true, true, true]);
});

test('a committed run of another id is not searched', () => {
  const left = make('runs/old', nameOf(ended()));
  make('runs/old/manifest.json');
  removeFilesOfDeadRuns(here(), 'new');
  expect(existsSync(left)).toBe(true);
});

test('a place where nothing was written yet stays as it is', () => {
  removeFilesOfDeadRuns(here(), 'new');
  expect(readdirSync(out)).toEqual([]);
});

test('names of earlier versions count as temporary as well', () => {
  for (const name of [
    temporaryName(),
    '.dpo-01234567-89ab-cdef-0123-456789abcdef.tmp',
    '.dpo-01234567-89abcdef-0123-4567-89ab-cdef01234567.tmp',
  ]) {
    expect(isTemporary(name)).toBe(true);
  }
  expect(isTemporary('.dpo-notes.tmp')).toBe(false);
});

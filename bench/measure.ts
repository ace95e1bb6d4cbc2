import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Figure } from './results.ts';

export const root = fileURLToPath(new URL('..', import.meta.url));

export interface Measured {
  /** From start to exit. */
  readonly seconds: number;
  /** Of all its threads. */
  readonly cpuSeconds: number;
  /** Resident memory of the whole process, its worker threads included. */
  readonly peakMib: number;
  readonly stdout: string;
}

/** GNU time: what the parent itself holds counts to the peak of a child that Node starts, but not behind a small program. */
const TIME = '/usr/bin/time';

/** Runs a Node program in a process of its own, on the first `cores` cores. */
export function measure(args: readonly string[], cores: number): Measured {
  if (!existsSync(TIME)) throw new Error(`The benchmark needs GNU time as ${TIME}: install the package "time".`);
  const folder = mkdtempSync(join(tmpdir(), 'dpo-measured-'));
  const file = join(folder, 'usage');
  const command = ['taskset', '-c', `0-${cores - 1}`, process.execPath, ...args];
  const started = performance.now();
  const ended = spawnSync(TIME, ['-f', '%U %S %M', '-o', file, ...command], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
  });
  const seconds = (performance.now() - started) / 1000;
  if (ended.status !== 0) throw new Error(`${command.join(' ')} ended with ${ended.status}: ${ended.stderr}`);
  const [user = 0, system = 0, kib = 0] = readFileSync(file, 'utf8').trim().split(' ').map(Number);
  rmSync(folder, { recursive: true });
  return { seconds, cpuSeconds: user + system, peakMib: kib / 1024, stdout: ended.stdout };
}

/** Alternating, so that a slow minute of the machine is every program's; the medians of each. */
export function alternate(runs: number, programs: Readonly<Record<string, () => Measured>>): Record<string, Figure> {
  const all = Object.entries(programs).map(([name, run]) => ({ name, run, measured: [] as Measured[] }));
  for (let round = 0; round < runs; round++) for (const { run, measured } of all) measured.push(run());
  return Object.fromEntries(all.map(({ name, measured }) => [name, medianFigure(measured)]));
}

/** The middle of each figure by itself: a run that was disturbed moves it little. */
function medianFigure(all: readonly Measured[]): Figure {
  const middle = (of: (one: Measured) => number): number => rounded(median(all.map(of)));
  return {
    seconds: middle(({ seconds }) => seconds),
    cpu_seconds: middle(({ cpuSeconds }) => cpuSeconds),
    peak_mib: middle(({ peakMib }) => peakMib),
  };
}

export const median = (all: readonly number[]): number =>
  all.toSorted((a, b) => a - b)[Math.floor(all.length / 2)] ?? Number.NaN;

/** Three digits: the rest is noise. */
export const rounded = (number: number): number => Number(number.toPrecision(3));

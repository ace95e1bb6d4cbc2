import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import * as z from 'zod';

export const root = fileURLToPath(new URL('..', import.meta.url));

export interface Measured {
  /** Inside the process, where the program tells it; else from start to exit. */
  readonly seconds: number;
  /** From start to exit. */
  readonly wall: number;
  readonly peakMiB: number;
}

const Told = z.object({ seconds: z.number() });

/** Runs a program of the project's in a process of its own. */
export function measure(args: readonly string[]): Measured {
  const started = performance.now();
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--import', './bench/peak-rss.ts', ...args], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
  });
  const wall = (performance.now() - started) / 1000;
  if (status !== 0) throw new Error(`${args.join(' ')} ended with ${status}: ${stderr}`);
  const told = stdout.startsWith('{"seconds"') ? Told.parse(JSON.parse(stdout)).seconds : wall;
  return { seconds: told, wall, peakMiB: Number(/peak-rss-kib (\d+)/.exec(stderr)?.[1]) / 1024 };
}

/** The middle of each figure by itself: a run that was disturbed moves it little. */
export function medianOf(all: readonly Measured[]): Measured {
  const of = (what: keyof Measured) => rounded(median(all.map((one) => one[what])));
  return { seconds: of('seconds'), wall: of('wall'), peakMiB: of('peakMiB') };
}

export const median = (all: readonly number[]): number =>
  all.toSorted((a, b) => a - b)[Math.floor(all.length / 2)] ?? Number.NaN;

/** Three digits: what is behind them is noise. */
export const rounded = (number: number): number => Number(number.toPrecision(3));

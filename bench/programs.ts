import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import type { FormatName } from '../lib/contract/dataset.ts';
import { Manifest } from '../lib/contract/manifest.ts';
import { type Measured, measure, root } from './measure.ts';

/** What every section measures with. */
export interface Bench {
  readonly folder: string;
  readonly runs: number;
  /** Megabytes (10^6 bytes) of the traces, where a section does not say otherwise. */
  readonly megabytes: number;
  /** The cores that programs are compared on: two, where the machine has more. */
  readonly cores: number;
}

/** `dpo` as it is published: the command bundled, without the types that a package also has. */
export function buildCommand(): void {
  execFileSync(process.execPath, ['scripts/build.ts'], { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] });
}

export const DPO = 'dist/cli/dpo.js';

export interface DpoRun {
  readonly file: string;
  readonly cores: number;
  /** Left out: what a request has by default. */
  readonly formats?: readonly FormatName[];
  /** A format may hold none of the pairs: then writing it is quick, and no failure. */
  readonly allowEmpty?: boolean;
}

export function dpoArgs({ folder }: Bench, { file, cores, formats, allowEmpty }: DpoRun): readonly string[] {
  const set = [
    ...(formats === undefined ? [] : ['--set', `dataset.formats=${JSON.stringify(formats)}`]),
    ...(allowEmpty === true ? ['--set', 'limits.allow_empty=true'] : []),
  ];
  return [DPO, 'run', file, '--out', freshFolder(folder, 'run'), '--json', '--concurrency', String(cores), ...set];
}

export const dpoRun = (bench: Bench, run: DpoRun): Measured => measure(dpoArgs(bench, run), run.cores);

export const duckdb = (work: 'job' | 'pairs', { folder }: Bench, { file, cores }: DpoRun): Measured =>
  measure(['bench/duckdb.ts', work, String(cores), file, freshFolder(folder, 'duckdb')], cores);

export interface Written {
  readonly pairs: number;
  readonly collectionBytes: number;
  /** Of the trainers' files of pairs. */
  readonly datasetBytes: number;
}

/** What a run of `dpo` says that it wrote. */
export function writtenBy({ stdout }: Measured): Written {
  const { collection, datasets } = Printed.parse(JSON.parse(stdout));
  const lines = Object.values(datasets).flatMap((files) => Object.values(files));
  return {
    pairs: collection.trajectories,
    collectionBytes: collection.bytes,
    datasetBytes: lines.reduce((sum, { bytes }) => sum + bytes, 0),
  };
}

const Printed = z.object(Manifest.pick({ collection: true, datasets: true }).shape);

function freshFolder(folder: string, name: string): string {
  const fresh = join(folder, name);
  rmSync(fresh, { recursive: true, force: true });
  return fresh;
}

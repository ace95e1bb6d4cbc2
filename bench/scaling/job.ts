import type { FormatName } from '../../lib/contract/dataset.ts';
import { Limits } from '../../lib/contract/request.ts';

/** The trainers' formats whose writing is measured. */
export type Format = Extract<FormatName, 'nemo_customizer' | 'trl'>;

/** What a run is asked to do: traces of one kind, cut and built with the request's limits. */
export interface Job {
  readonly name: string;
  readonly objects: number;
  /** Of each object. */
  readonly objectBytes: number;
  /** How the objects are cut: JSON lines without a scan, arrays by one; gzip stays whole. */
  readonly form: 'lines' | 'array' | 'gzip';
  readonly shardBytes: number;
  readonly maxConcurrency: number;
  /** The trainers' files that are written in the run, if any. */
  readonly formats: readonly [] | readonly [Format];
  /** The stack's `finalizeMemory`, in MB. */
  readonly finalizeMb: number;
  /** So many runs like this one, one after the other. */
  readonly runs: number;
}

const DEFAULTS = Limits.parse({});
/** Without the stack's `finalizeMemory`, and with as much as Lambda has. */
export const FINALIZE_MB = { least: 3_008, most: 10_240 } as const;

const LARGE = { form: 'lines', maxConcurrency: 900, formats: [], finalizeMb: FINALIZE_MB.least, runs: 1 } as const;

/** The columns of docs/scaling.md. Why these settings: there, under "Which settings". */
export const JOBS: readonly Job[] = [
  {
    ...LARGE,
    name: '1 GB',
    objects: 10,
    objectBytes: 100e6,
    shardBytes: DEFAULTS.shard_bytes,
    maxConcurrency: DEFAULTS.max_concurrency,
    formats: ['nemo_customizer'],
  },
  { ...LARGE, name: '1 TB', objects: 1_000, objectBytes: 1e9, shardBytes: 256 * 2 ** 20 },
  {
    ...LARGE,
    name: '1 TB in 2 runs',
    objects: 500,
    objectBytes: 1e9,
    shardBytes: 256 * 2 ** 20,
    formats: ['nemo_customizer'],
    finalizeMb: 8_192,
    runs: 2,
  },
  { ...LARGE, name: '100 TB in one run', objects: 10_000, objectBytes: 10e9, shardBytes: 10e9 },
  { ...LARGE, name: '100 TB in 10 runs', objects: 1_000, objectBytes: 10e9, shardBytes: 2 * 2 ** 30, runs: 10 },
];

export const inputBytes = ({ objects, objectBytes }: Job): number => objects * objectBytes;

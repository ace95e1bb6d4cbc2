import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import { FormatName } from '../lib/contract/dataset.ts';
import { Form, Prompts } from './fixtures.ts';
import { root } from './measure.ts';

/** A program from start to exit. */
export const Figure = z.strictObject({
  seconds: z.number().positive(),
  /** Of all its threads. */
  cpu_seconds: z.number().min(0),
  /** Resident memory of the whole process. */
  peak_mib: z.number().positive(),
});
export type Figure = z.infer<typeof Figure>;

/** Where and of what a section was measured: sections may come from several machines. */
export const Measurement = z.strictObject({
  commit: z.string(),
  node: z.string(),
  cpu: z.string(),
  cores: z.int().min(1),
  memory_gib: z.number().positive(),
  /** Alternating runs of each program; figures are their medians. */
  runs: z.int().min(1),
});
export type Measurement = z.infer<typeof Measurement>;

const megabytes = z.number().positive();
const section = <T extends z.ZodRawShape>(shape: T) => z.strictObject({ measured: Measurement, ...shape }).optional();

export const ProgramName = z.enum(['duckdb_job', 'duckdb_pairs', 'dpo', 'dpo_without_formats']);
export type ProgramName = z.infer<typeof ProgramName>;

const OnCores = z.strictObject({
  measured: Measurement,
  megabytes,
  rows: z.array(
    z.strictObject({
      cores: z.int().min(1),
      programs: z.strictObject({ duckdb_job: Figure, dpo: Figure, dpo_without_formats: Figure }),
    }),
  ),
});

/** What the benchmark found, section by section (`bench/results.json`). A section that was not measured yet is not there. */
export const Results = z.strictObject({
  comparison: section({
    cores: z.int(),
    inputs: z.array(
      z.strictObject({ form: Form, prompts: Prompts, megabytes, programs: z.record(ProgramName, Figure) }),
    ),
  }),
  formats: section({
    cores: z.int(),
    inputs: z.array(
      z.strictObject({
        prompts: Prompts,
        megabytes,
        without: Figure,
        formats: z.array(Figure.extend({ name: FormatName, written_megabytes: z.number().min(0) })),
      }),
    ),
  }),
  /** By machine, the one with the fewest cores first. */
  cores: z.array(OnCores).default([]),
  growth: section({
    cores: z.int(),
    sizes: z.array(
      z.strictObject({
        megabytes,
        ...Figure.shape,
        pairs: z.int().min(1),
        collection_megabytes: megabytes,
        dataset_megabytes: megabytes,
      }),
    ),
  }),
  sources: section({
    /** All of the machine's. */
    cores: z.int(),
    sizes: z.array(z.strictObject({ megabytes, programs: z.strictObject({ adjacent: Figure, interleaved: Figure }) })),
    /** On one core. */
    parquet: z.strictObject({
      json_megabytes: megabytes,
      parquet_megabytes: megabytes,
      /** Reading alone, and a whole run. */
      programs: z.strictObject({ read: Figure, run: Figure }),
    }),
  }),
  sample: section({ dpo: Figure, empty_node: Figure, duckdb_that_does_nothing: Figure }),
  cold_start: section({
    functions: z.array(z.strictObject({ name: z.string(), kilobytes: z.int().min(1), init_ms: z.number().positive() })),
  }),
  profile: section({
    megabytes,
    /** Milliseconds in which a thread did something. */
    main_ms: z.number().min(0),
    workers_ms: z.number().min(0),
    /** Milliseconds in which the main thread did something and no other one did. */
    alone_ms: z.number().min(0),
    functions: z.array(z.strictObject({ name: z.string(), own_ms: z.number().min(0) })),
  }),
  choose: section({
    rows: z.array(
      z.strictObject({
        memory_mb: z.int().min(1),
        formats: z.array(FormatName),
        pairs_of_turn: z.int().min(1),
        /** As many as Choose takes in that memory. */
        pairs: z.int().min(1),
        ...Figure.shape,
      }),
    ),
  }),
});
export type Results = z.infer<typeof Results>;

export const RESULTS_FILE = join(root, 'bench/results.json');

export const readResults = (): Results => Results.parse(JSON.parse(readFileSync(RESULTS_FILE, 'utf8')));

export function writeResults(results: Results): void {
  writeFileSync(RESULTS_FILE, `${JSON.stringify(Results.parse(results), null, 2)}\n`);
}

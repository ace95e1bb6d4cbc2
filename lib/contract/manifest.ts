import * as z from 'zod';
import { Counters } from './counters.ts';
import { FormatName } from './dataset.ts';
import { SelectionResult, View, WrittenFormat } from './dataset-result.ts';
import { TraceObject } from './plan.ts';
import { RunId } from './run-id.ts';

export const Checksum = z.strictObject({ algorithm: z.literal('CRC32'), value: z.string() });
export type Checksum = z.infer<typeof Checksum>;

/** A committed file: its key relative to the bucket, its size, and a checksum of all of it. */
export const CommittedFile = z.strictObject({ key: z.string(), bytes: z.int().min(0), checksum: Checksum });
export type CommittedFile = z.infer<typeof CommittedFile>;

/** The commit: written once and last. Readers trust only what it lists. */
export const Manifest = z.strictObject({
  run_id: RunId,
  status: z.literal('committed'),
  request_sha256: z.string(),
  code_version: z.string(),
  inputs: z.array(TraceObject),
  collection: CommittedFile.extend({ groups: z.int(), trajectories: z.int() }),
  rejected: CommittedFile.extend({ lines: z.int() }),
  metrics: CommittedFile,
  report: CommittedFile,
  /**
   * By format, then by what the file is: `training`, `validation`, with a curriculum `training_1` (easy) to `training_N`,
   * else its name (`README.md`). A split without lines has no file.
   */
  datasets: z.record(z.string(), z.record(z.string(), CommittedFile.extend({ lines: z.int() }))),
  /** What each format wrote, and what it left out. */
  formats: z.partialRecord(FormatName, WrittenFormat).default({}),
  /** How the datasets' pairs were selected; the balance facts with it. By what of a pair their formats show. */
  selections: z.partialRecord(View, SelectionResult),
  totals: Counters,
  warnings: z.array(z.string()),
});
export type Manifest = z.infer<typeof Manifest>;

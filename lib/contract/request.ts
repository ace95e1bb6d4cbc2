import * as z from 'zod';
import { BuilderSettings } from './builder.ts';
import { DatasetSettings } from './dataset.ts';
import { LONGEST_LINE } from './longest-line.ts';
import { RunId } from './run-id.ts';
import { Source } from './source.ts';
import { TrainingSettings } from './training.ts';

export const Limits = z.strictObject({
  /** The run fails if more of the records cannot be read. */
  max_rejected_fraction: z.number().min(0).max(1).default(0.1),
  /** Bytes of traces in a shard. */
  shard_bytes: z.int().min(1024).default(67_108_864),
  /** Shards at the same time. Left out: 100, or the stack's ceiling if that is lower. */
  max_concurrency: z.int().min(1).max(10_000).optional(),
  /** Bytes of a source whose records one task must join. */
  max_joined_bytes: z.int().min(1).default(2_000_000_000),
  /** Uses the readable part of a file that ends too early. */
  allow_incomplete: z.boolean().default(false),
  /** Pairs of one turn. An example with more is lost (`too_many_pairs`), unless `builder.max_pairs_per_turn` is set. */
  max_turn_pairs: z.int().min(1).max(1_000_000).default(250_000),
  /** Bytes of the pairs of one turn. */
  max_turn_bytes: z.int().min(1).max(LONGEST_LINE).default(134_217_728),
  /** Pairs of one example. */
  max_example_pairs: z.int().min(1).max(1_000_000).default(500_000),
  /** Bytes of the pairs of one example. */
  max_example_bytes: z.int().min(1).max(LONGEST_LINE).default(268_435_456),
  /** Commits a run without pairs, or a format without lines. Left out: only `nat` does so. */
  allow_empty: z.boolean().optional(),
});
export type Limits = z.infer<typeof Limits>;

/** Of a request that sets no `limits.max_concurrency`. */
export const MAX_CONCURRENCY = 100;

export const ReportSettings = z.strictObject({
  /** `false`: the report shows counts, and no text or id of the traces. */
  text: z.boolean().default(true),
});
export type ReportSettings = z.infer<typeof ReportSettings>;

/** What a person asks for. Every key is checked: an unknown one is an error that names it. */
export const Request = z.strictObject({
  run_id: RunId,
  source: Source,
  // zod 4 takes a default as the parsed output; prefault goes through the schema, so the inner defaults apply.
  builder: BuilderSettings.prefault({}),
  dataset: DatasetSettings.prefault({}),
  limits: Limits.prefault({}),
  // Left out: the report shows pairs.
  report: ReportSettings.optional(),
  // Left out: the run ends with its dataset.
  training: TrainingSettings.optional(),
});
export type Request = z.infer<typeof Request>;

/** Whether a run may commit nothing. Left out, only `nat` does so, as NAT does. */
export const allowsEmpty = ({ limits, builder }: Pick<Request, 'limits' | 'builder'>): boolean =>
  limits.allow_empty ?? builder.compatibility === 'nat';

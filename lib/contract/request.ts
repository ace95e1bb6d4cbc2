import * as z from 'zod';
import { BuilderSettings } from './builder.ts';
import { DatasetSettings } from './dataset.ts';
import { LONGEST_LINE } from './longest-line.ts';
import { RunId } from './run-id.ts';
import { Source } from './source.ts';
import { TrainingSettings } from './training.ts';

export const Limits = z.strictObject({
  /** Share of unreadable trace items (0 to 1) past which the run fails instead of committing what is left. */
  max_rejected_fraction: z.number().min(0).max(1).default(0.1),
  /** Bytes of traces per shard. 64 MiB takes a Lambda seconds; the floor of 1 KiB is for tests. */
  shard_bytes: z.int().min(1024).default(67_108_864),
  /**
   * Shards built at once, and parts of datasets written at once. Left out: 100, or the stack's ceiling where that is
   * lower.
   */
  max_concurrency: z.int().min(1).max(10_000).optional(),
  /** Bytes of a source whose candidates are joined from records anywhere in it (spans of a trace, say): one task holds them. */
  max_joined_bytes: z.int().min(1).default(2_000_000_000),
  /**
   * Uses what can be read of a file that is incomplete: an array without its end, a compressed stream that stops, half a
   * last line. Left out, such a file fails the run.
   */
  allow_incomplete: z.boolean().default(false),
  /**
   * Preference pairs of one turn, which grow as the square of its candidates: some 700 candidates. An example with a turn
   * of more is rejected (`too_many_pairs`); `builder.max_pairs_per_turn` keeps its widest pairs instead.
   */
  max_turn_pairs: z.int().min(1).max(1_000_000).default(250_000),
  /** Bytes that the pairs of one turn take in the collection. */
  max_turn_bytes: z.int().min(1).max(LONGEST_LINE).default(134_217_728),
  /** Preference pairs of all turns of one example. */
  max_example_pairs: z.int().min(1).max(1_000_000).default(500_000),
  /** Bytes that the pairs of one example take in the collection: of one line. */
  max_example_bytes: z.int().min(1).max(LONGEST_LINE).default(268_435_456),
  /** Commits a run without a single pair, or without a line in one of its formats, instead of failing it. Left out: only `nat` does so. */
  allow_empty: z.boolean().optional(),
});
export type Limits = z.infer<typeof Limits>;

/** Of a request that sets no `limits.max_concurrency`. */
export const MAX_CONCURRENCY = 100;

export const ReportSettings = z.strictObject({
  /**
   * `false`: no text of the traces in the report, nor in the samples that it is made of: no prompts, answers or tools, no
   * names of turns, no ids of examples, no warnings (they may name keys of records). What is counted stays.
   */
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
  /** Left out: the report shows pairs. */
  report: ReportSettings.optional(),
  /** Left out: the run ends with its dataset. */
  training: TrainingSettings.optional(),
});
export type Request = z.infer<typeof Request>;

/** Whether a run may commit nothing. Left out, only `nat` does so, as NAT does. */
export const allowsEmpty = ({ limits, builder }: Pick<Request, 'limits' | 'builder'>): boolean =>
  limits.allow_empty ?? builder.compatibility === 'nat';

import * as z from 'zod';
import { FormatName } from '../contract/dataset.ts';
import { DropReason, LeftOutReason, TokenFacts } from '../contract/dataset-result.ts';
import { Manifest } from '../contract/manifest.ts';
import { Request } from '../contract/request.ts';
import { Lineage } from '../contract/trajectory.ts';
import { Unit } from '../contract/unit.ts';
import { SampledExample } from './example-sample.ts';
import { LengthSample } from './length-sample.ts';
import { TurnSums } from './turn-sample.ts';

const count = z.int().min(0);

/** Why a pair was taken for the sample: by its rank among all, or as one of those that are left out of the datasets. */
export const SampleKind = z.enum(['widest', 'narrowest', 'longest', 'random', 'left_out']);
export type SampleKind = z.infer<typeof SampleKind>;

/** The beginning of a text, or all of it, and what it is of a message: its content without a label. Lengths are UTF-16 code units. */
export const ShownPart = z.strictObject({ label: z.string(), text: z.string(), length: count });
export type ShownPart = z.infer<typeof ShownPart>;

/** A message as it is shown. A prompt that is text is one of the role `prompt`, an answer that is text one without a role. */
export const ShownMessage = z.strictObject({ role: z.string(), parts: z.array(ShownPart) });
export type ShownMessage = z.infer<typeof ShownMessage>;

/** What the report shows of a pair besides its texts and scores. */
export const PairNotes = z.strictObject({
  /** The formats that cannot hold it, and why. */
  left_out: z.partialRecord(FormatName, LeftOutReason),
  /** Of its prompt, and of the prompt with either answer; null where they are not counted. */
  tokens: z.strictObject({ prompt: count, chosen: count, rejected: count }).nullable(),
});
export type PairNotes = z.infer<typeof PairNotes>;

/** A pair as it is shown: excerpts of its texts. */
export const ShownPair = z.strictObject({
  example_id: z.string(),
  turn_id: z.string(),
  margin: z.number(),
  reward: z.number(),
  chosen_score: z.number(),
  rejected_score: z.number(),
  chosen_index: z.number(),
  rejected_index: z.number(),
  ...PairNotes.shape,
  /** The prompt's last messages; `earlier_messages` came before them and are not shown. */
  prompt: z.array(ShownMessage),
  earlier_messages: count,
  /** Names of the tools offered. */
  tools: z.array(z.string()),
  chosen: z.array(ShownMessage),
  rejected: z.array(ShownMessage),
  /** Of the whole answers, as the datasets' facts count them. */
  chosen_length: count,
  rejected_length: count,
  lineage: Lineage,
});
export type ShownPair = z.infer<typeof ShownPair>;

/** What became of a pair in the datasets: in all of them alike, or in these formats. */
export const PairFate = z.strictObject({
  is: z.enum(['training', 'validation', 'left_out', ...DropReason.options, ...LeftOutReason.options]),
  formats: z.array(FormatName),
});
export type PairFate = z.infer<typeof PairFate>;

export const SampledPair = z.strictObject({
  kinds: z.array(SampleKind).min(1),
  /** Its place in the collection, from 1. */
  number: z.int().min(1),
  /** Empty where nothing was chosen among the pairs. */
  fates: z.array(PairFate),
  ...ShownPair.shape,
});
export type SampledPair = z.infer<typeof SampledPair>;

/** Counts of values in `from <= value < to`; the last bin may be open (`to: null`). Bins are in order and touch. */
export const Bin = z.strictObject({ from: z.number(), to: z.number().nullable(), count });
export type Bin = z.infer<typeof Bin>;

/** A trace item, a candidate or possible pairs of a turn that are not in the collection. What the traces say of it is null where the report has no text. */
export const LossExample = z.strictObject({
  kind: z.enum(['item', 'candidate', 'pair']),
  reason: z.string(),
  key: z.string(),
  offset: count.optional(),
  row: count.optional(),
  detail: z.string().nullable(),
  example_id: z.string().nullable(),
  turn_id: z.string().nullable(),
});
export type LossExample = z.infer<typeof LossExample>;

/** Examples of one reason: enough to look them up. */
export const MOST_LOSS_EXAMPLES = 3;

/** What the collection shows: counts are of the `pairs` and `groups` looked at, the lists named so samples of bounded size. */
export const ReportSample = z.strictObject({
  pairs: count,
  groups: count,
  margins: z.array(Bin),
  /** Groups by their number of pairs. */
  pairs_per_example: z.array(Bin),
  /** Turns that gave a pair, by how many of their candidates stand in one. */
  turns_by_candidates: z.array(z.strictObject({ candidates: count, turns: count })),
  lengths: LengthSample.pick({ chosen_longer: true, rejected_longer: true, equal: true }).extend({
    /** Over the pairs looked at; null without any. */
    chosen_mean: z.number().nullable(),
    rejected_mean: z.number().nullable(),
    sample: z.array(z.strictObject({ chosen: count, rejected: count })),
  }),
  /** A sample of the groups, the highest mean reward (the easiest) first. */
  curriculum: z.array(SampledExample.omit({ hash: true })),
  /** Trace objects, a sample of many: their pairs' margins and scores. */
  sources: z.array(
    z.strictObject({
      key: z.string(),
      pairs: count,
      mean_margin: z.number(),
      least_margin: z.number(),
      greatest_margin: z.number(),
      mean_chosen: z.number(),
      mean_rejected: z.number(),
    }),
  ),
  /** By the turn's place in its example, from 1; the last one may stand for all that follow. */
  turns: z.array(TurnSums.omit({ margin_sum: true }).extend({ turn: count, mean_margin: z.number() })),
  /** Turns in which possible pairs were not made, a few of each reason. */
  skipped: z.array(LossExample),
  sampled_pairs: z.array(SampledPair),
});
export type ReportSample = z.infer<typeof ReportSample>;

/** All that the report shows. It holds no time but the shards' own, so the same run gives the same report. */
export const ReportInput = z.strictObject({
  run_id: z.string(),
  code_version: z.string(),
  request: Request,
  ...Manifest.pick({ inputs: true, totals: true, formats: true, warnings: true }).shape,
  /** When the first shard began, as its summary says; null without a shard. */
  started_at: z.string().nullable(),
  shards: z.array(
    z.strictObject({
      ordinal: count,
      /** Wall time. */
      seconds: z.number().min(0),
      items: count,
      pairs: count,
      /** Of trace items, uncompressed. */
      bytes: count,
    }),
  ),
  /** How their pairs were selected, and their files. */
  selections: Manifest.shape.selections.default({}),
  datasets: Manifest.shape.datasets.default({}),
  /** Of the collected pairs; null where none were counted. */
  tokens: TokenFacts.nullable().default(null),
  /** What a pair is made of, where the run says so. */
  unit: Unit.nullable().default(null),
  /** Items and candidates that were lost, a few of each reason. */
  losses: z.array(LossExample).default([]),
  /** The run's files beside the report: paths relative to it. */
  files: z.array(z.strictObject({ path: z.string(), bytes: count, lines: count.nullable() })),
  sample: ReportSample,
});
export type ReportInput = z.infer<typeof ReportInput>;

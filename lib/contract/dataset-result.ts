import * as z from 'zod';
import { FormatName } from './dataset.ts';

/** What came of the dataset exports: goes to `metrics.jsonl`, the manifest and the cards. Counts, never text. */

const count = z.int().min(0);

/** Why a pair is not in one format's files. */
export const LeftOutReason = z.enum([
  /** A message calls tools, and the format has no place for the calls. */
  'tool_calls',
  /** A message's content is a list of parts where the format takes text only, or not these parts. */
  'content_parts',
  /** A message has no content and calls no tool. */
  'no_content',
  /** A message has a field that the format would lose, other than those named below. */
  'message_fields',
  /** A role that the format does not know, or not there. */
  'role',
  /** The turns do not alternate from the user's first to the user's last, as the format demands. */
  'turn_order',
  /** The prompt is empty. */
  'empty_prompt',
  /** A text is blank, which the trainer refuses. */
  'empty_text',
  /** A word that the trainer reserves stands in the prompt: its job would fail. */
  'reserved_word',
  /** `trl_kto`: the same completion of the same prompt is in the file already, with this label. Counted per completion. */
  'repeated_completion',
  /** `trl_kto`: one pair prefers this completion and another rejects it. Counted per completion. */
  'both_labels',
  /** The answer is several messages, and the format holds one. */
  'conversation',
  /** Tools were offered, and the format has no place for them, or not for these. */
  'tools',
  /** A message has a field that the format would lose: its `name`, … */
  'field_name',
  'field_tool_call_id',
  'field_reasoning_content',
  'field_refusal',
  /** A text has half of a surrogate pair, which is no Unicode: Python's readers refuse the whole file. */
  'lone_surrogate',
  /** `axolotl`: it looks for the answer in the text of the chat template, and would find these characters there. */
  'answer_in_template',
  /** `axolotl`: the answer begins or ends with white space, which templates cut off. */
  'white_space',
  /** It has more tokens than `dataset.max_prompt_tokens` or `max_tokens`. */
  'too_long',
  /** The chat template of `dataset.tokenizer` does not take it, so its tokens cannot be counted. */
  'chat_template',
  /** Its texts have more bytes than a line may have (`longest-line.ts`): no reader would hold it. */
  'too_large',
]);
export type LeftOutReason = z.infer<typeof LeftOutReason>;

/** Reasons of a single answer, of an unpaired format: the other answer of its pair may be written. */
export const LOST_ANSWERS: readonly LeftOutReason[] = ['repeated_completion', 'both_labels'];

/** Why a collected pair is on no side of its view. */
export const DropReason = z.enum([
  /** An earlier pair has the same prompt, tools and answers. */
  'duplicate',
  /** Another pair prefers the same two answers the other way round. */
  'contradiction',
  /** Past `dataset.max_pairs`. */
  'not_sampled',
  /** It was drawn for validation, and its prompt is in training. */
  'leak',
]);
export type DropReason = z.infer<typeof DropReason>;

/**
 * What of a pair two lines are compared by: the `whole` prompt, or, where the format writes no more than that, the
 * content of its `last_message`. A dataset is deduplicated, split and checked for leaks as its trainer sees it.
 */
export const View = z.enum(['whole', 'last_message']);
export type View = z.infer<typeof View>;

const Spread = z.strictObject({ min: z.number(), median: z.number(), mean: z.number(), max: z.number() });
export type Spread = z.infer<typeof Spread>;

/** Lengths in UTF-16 code units, of a response's text (of its JSON where it is more than text). */
const length = {
  mean_chosen: z.number(),
  mean_rejected: z.number(),
  /** Of the pairs whose responses differ in length, the share whose longer one is chosen. */
  longer_chosen_rate: z.number().nullable(),
};

/** Facts that tell whether a dataset teaches what it should. Null where there is nothing to tell from. */
export const Balance = z.strictObject({
  length: z
    .strictObject({
      ...length,
      /** (mean chosen - mean rejected) / the root of the mean of both variances. */
      cohens_d: z.number().nullable(),
    })
    .nullable(),
  /** `score_diff`, in the scores' own unit. The percentiles are exact (nearest rank). */
  margin: z
    .strictObject({
      min: z.number(),
      p5: z.number(),
      p25: z.number(),
      p50: z.number(),
      p75: z.number(),
      p95: z.number(),
      max: z.number(),
      mean: z.number(),
      /** Pairs in equal bins from `min` to `max`; a bin holds its lower edge, the last one its upper edge too. */
      histogram: z.array(count),
    })
    .nullable(),
  pairs_per_example: Spread.nullable(),
  pairs_per_turn: Spread.nullable(),
});
export type Balance = z.infer<typeof Balance>;

const Side = z.strictObject({ pairs: count, examples: count });

/** `collected_pairs` is the sum of what was dropped and of the two sides (NAT's last pair may be on both). */
export const SelectionResult = z.strictObject({
  collected_pairs: count,
  /** Of all collected pairs, before any is left out. */
  collected_length: z.strictObject(length).nullable().default(null),
  duplicate_pairs: count,
  contradictory_pairs: count,
  sampled_out_pairs: count,
  /** Validation pairs dropped because their prompt stands in training. */
  leaking_validation_pairs: count,
  training: Side,
  validation: Side,
  balance: Balance,
});
export type SelectionResult = z.infer<typeof SelectionResult>;

/** What was chosen in one view. */
export const ViewOutcome = z.strictObject({
  /** All shapes of the pairs chosen, together (`lib/datasets/layout.ts`). */
  shape: count,
  selection: SelectionResult,
  warnings: z.array(z.string()),
});
export type ViewOutcome = z.infer<typeof ViewOutcome>;

/** What a format writes of what was chosen in its view. An unpaired one writes a line for each completion. */
export const FormatChoice = z.strictObject({
  view: View,
  /** Pairs of which something is written, and the examples that they are of. */
  pairs: count,
  examples: count,
  lines: count,
  /** Of the pairs written whose responses differ in length, the share whose longer one is chosen. */
  longer_chosen_rate: z.number().nullable(),
  left_out: z.partialRecord(LeftOutReason, count),
});
export type FormatChoice = z.infer<typeof FormatChoice>;

export const DatasetFile = z.strictObject({
  /** Relative to the format's folder. */
  file: z.string(),
  /** Null for what goes with the lines: the card, `dataset_info.json`. */
  split: z.enum(['training', 'validation']).nullable(),
  /** 1 is the easiest; null without a curriculum. */
  bucket: z.int().min(1).nullable(),
  bytes: count,
  /** CRC-32 (IEEE) of the file. */
  crc32: count,
  lines: count,
});
export type DatasetFile = z.infer<typeof DatasetFile>;

/** Edges of the bins of {@link TokenFacts}: a pair is in the first bin whose edge it does not pass. */
export const TOKEN_EDGES = [128, 256, 512, 1024, 2048, 4096, 8192, 16_384, 32_768, 65_536, 131_072] as const;

/** Tokens of collected pairs. */
export const TokenFacts = z.strictObject({
  /** Pairs counted. */
  pairs: count,
  /** Over those pairs, tokens of the prompt with either answer. */
  chosen_sum: count.default(0),
  rejected_sum: count.default(0),
  /** Pairs whose chosen answer, or whose rejected one, has more tokens. */
  chosen_longer: count.default(0),
  rejected_longer: count.default(0),
  /** Pairs that the chat template does not take. */
  uncounted: count,
  /** Of each the longer side with its prompt, by {@link TOKEN_EDGES}; the last bin has what passes all of them. */
  bins: z.array(count).length(TOKEN_EDGES.length + 1),
  longest: count,
  longest_prompt: count,
});
export type TokenFacts = z.infer<typeof TokenFacts>;

/** What a format wrote. `pairs` and what was left out are all that was selected in its view. */
export const WrittenFormat = z.strictObject({
  /** The selection that its lines are written from. */
  view: View.default('whole'),
  /** Of which something is written. */
  pairs: count,
  lines: count,
  /** Pairs by reason; of an unpaired format completions, too. */
  left_out: z.partialRecord(LeftOutReason, count),
  /** `trl`, `trl_kto`: whether a trainer applies the model's chat template (`chat`) or not (`text`); null for other formats. */
  prompt_style: z.enum(['chat', 'text']).nullable(),
});
export type WrittenFormat = z.infer<typeof WrittenFormat>;

export const FormatResult = WrittenFormat.extend({
  /** A file without lines is not written: most trainers refuse an empty one. */
  files: z.array(DatasetFile),
});
export type FormatResult = z.infer<typeof FormatResult>;

export const DatasetResult = z.strictObject({
  selections: z.partialRecord(View, SelectionResult),
  formats: z.partialRecord(FormatName, FormatResult),
  /** Trace items that gave no pair to the collection, and why; the counters' `skipped_*` say why pairs were not made. */
  items_without_pairs: z.strictObject({
    items: count,
    /** Of all trace items; 0 where there are none. */
    share: z.number().min(0).max(1),
    rejected_items: count,
    without_candidates: count,
    /** Candidates, but no two that make a pair. */
    without_pairs: count,
  }),
  warnings: z.array(z.string()),
});
export type DatasetResult = z.infer<typeof DatasetResult>;

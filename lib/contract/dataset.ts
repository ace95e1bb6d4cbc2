import * as z from 'zod';

/** The trainers' formats, one folder each under `datasets/`. */
export const FormatName = z.enum([
  'nemo_customizer',
  'nemo_platform',
  'nemo_rl',
  'trl',
  'trl_kto',
  'openai',
  'amazon_nova',
  'axolotl',
  'llama_factory',
  'together',
  'fireworks',
  'ms_swift',
  'sagemaker',
]);
export type FormatName = z.infer<typeof FormatName>;

/**
 * What a dataset must be to be committed; null asks nothing. Every selection that a format of the run is written from
 * has to pass.
 */
export const Gate = z.strictObject({
  /** Least pairs, training and validation together. */
  min_pairs: z.int().min(1).nullable().default(null),
  /** Least examples (repetitions of one count once) with a pair in the dataset. */
  min_examples: z.int().min(1).nullable().default(null),
  /**
   * Of the pairs whose responses differ in length, the largest share (0 to 1) whose longer one is chosen: past it a
   * model learns to be long.
   */
  max_longer_chosen_rate: z.number().min(0).max(1).nullable().default(null),
  /** Largest share (0 to 1) of the matching steps that were rejected as candidates. */
  max_rejected_fraction: z.number().min(0).max(1).nullable().default(null),
});
export type Gate = z.infer<typeof Gate>;

export const FileType = z.enum(['jsonl', 'parquet']);
export type FileType = z.infer<typeof FileType>;

export const PromptStyle = z.enum(['auto', 'chat', 'text']);
export type PromptStyle = z.infer<typeof PromptStyle>;

/** `lineage` is JSON text. */
export const DatasetColumn = z.enum(['margin', 'score_chosen', 'score_rejected', 'example_id', 'lineage']);
export type DatasetColumn = z.infer<typeof DatasetColumn>;

/** What a trainer gets out of the collection. */
export const DatasetSettings = z.strictObject({
  formats: z.array(FormatName).default(['nemo_customizer']),
  /** `nemo_customizer`: the whole message list as the prompt instead of the last message's content. */
  use_full_message_history: z.boolean().default(false),
  /**
   * `trl`, `trl_kto`: whether texts become messages, to which the trainer applies the model's chat template (`chat`), or
   * stay as they are (`text`, for base models). `auto`: `text` where prompts have a template in them already, else `chat`.
   */
  prompt_style: PromptStyle.default('auto'),
  /** Parquet: one file per shard, for formats whose trainer reads it. A text that looks like a date stays text in it. */
  file_type: FileType.default('jsonl'),
  /** Columns beside the texts, in formats that take them. `margin` and the scores are in the scorer's own unit. */
  columns: z.array(DatasetColumn).default([]),
  /**
   * A model's folder, with `tokenizer.json`, `tokenizer_config.json` and, if it is not in that, `chat_template.jinja`: each
   * pair's tokens are counted. With `dpo run` also a directory as a `file:` URL; on AWS it is read from the traces bucket.
   */
  tokenizer: z
    .strictObject({ bucket: z.string().min(1), prefix: z.string().default('') })
    .nullable()
    .default(null),
  /** Pairs whose prompt has more tokens are left out (`too_long`); null takes all. */
  max_prompt_tokens: z.int().min(1).nullable().default(null),
  /** Pairs of which one side, with its prompt, has more tokens are left out (`too_long`); null takes all. */
  max_tokens: z.int().min(1).nullable().default(null),
  deduplicate_pairs: z.boolean().default(true),
  /** Sample at most this many pairs; null takes all. */
  max_pairs: z.int().min(1).nullable().default(null),
  /** Share of the examples that go to validation. */
  validation_fraction: z.number().min(0).max(1).default(0.2),
  seed: z.int().min(0).default(0),
  /**
   * Writes the training file as so many files, easy to hard: groups ranked by their mean reward, largest first, and cut
   * into buckets whose numbers of groups differ by at most one.
   */
  curriculum: z
    .strictObject({ buckets: z.int().min(1).max(100) })
    .nullable()
    .default(null),
  gate: Gate.prefault({}),
});
export type DatasetSettings = z.infer<typeof DatasetSettings>;

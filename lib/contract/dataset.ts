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
  /** Least pairs. */
  min_pairs: z.int().min(1).nullable().default(null),
  /** Least examples with a pair; repetitions count once. */
  min_examples: z.int().min(1).nullable().default(null),
  /** Largest share of pairs whose longer answer is chosen. */
  max_longer_chosen_rate: z.number().min(0).max(1).nullable().default(null),
  /** Largest share of the matching steps that were rejected. */
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
  /** `nemo_customizer`: all messages as the prompt, not only the last one. */
  use_full_message_history: z.boolean().default(false),
  /** `trl`, `trl_kto`: `chat` makes messages of texts. `auto`: `text` if prompts hold a chat template. */
  prompt_style: PromptStyle.default('auto'),
  /** Parquet: for formats whose trainer reads it. */
  file_type: FileType.default('jsonl'),
  /** More columns, in formats that take them. */
  columns: z.array(DatasetColumn).default([]),
  /** A model's folder with `tokenizer.json`, to count tokens. On AWS: in the traces bucket. */
  tokenizer: z
    .strictObject({ bucket: z.string().min(1), prefix: z.string().default('') })
    .nullable()
    .default(null),
  /** Leaves out pairs with a longer prompt (`too_long`). */
  max_prompt_tokens: z.int().min(1).nullable().default(null),
  /** Leaves out pairs with a longer side, prompt included (`too_long`). */
  max_tokens: z.int().min(1).nullable().default(null),
  deduplicate_pairs: z.boolean().default(true),
  /** A random sample of this size. */
  max_pairs: z.int().min(1).nullable().default(null),
  /** Share of the examples for validation. */
  validation_fraction: z.number().min(0).max(1).default(0.2),
  seed: z.int().min(0).default(0),
  curriculum: z
    .strictObject({
      /** Training files, from easy (largest mean reward) to hard. */
      buckets: z.int().min(1).max(100),
    })
    .nullable()
    .default(null),
  gate: Gate.prefault({}),
});
export type DatasetSettings = z.infer<typeof DatasetSettings>;

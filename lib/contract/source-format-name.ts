import * as z from 'zod';

/** The source formats that a request can name: `lib/sources/formats/` has a file for each. */
export const SourceFormatName = z.enum([
  'nat',
  'nat_eval',
  'candidates',
  'rollouts',
  'scored_lists',
  'comparisons',
  'pairs',
  'inspect',
  'verifiers',
  'nemo_gym',
  'harbor',
  'openrlhf',
  'rlhflow',
  'ultrafeedback',
  'verl',
  'langfuse',
  'otel',
  'phoenix',
  'mlflow',
  'collection',
]);
export type SourceFormatName = z.infer<typeof SourceFormatName>;

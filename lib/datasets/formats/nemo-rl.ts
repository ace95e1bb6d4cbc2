import * as z from 'zod';
import type { Format } from './format.ts';
import { PlainMessage, plainMessages, plainText, whyNotPlainPrompt, whyNotPlainResponse } from './plain.ts';

const completion = (rank: 0 | 1) =>
  z.strictObject({
    rank: z.literal(rank),
    completion: z.tuple([z.strictObject({ role: z.literal('assistant'), content: z.string() })]),
  });

/** NeMo-RL's `PreferenceDataset` (`dataset_type: rank`): exactly two completions, the lower rank preferred. */
export const nemoRl: Format = {
  files: { training: 'training.jsonl', validation: 'validation.jsonl' },
  conversations: false,
  Line: z.strictObject({
    context: z.array(PlainMessage).min(1),
    completions: z.tuple([completion(0), completion(1)]),
  }),
  whyNotPrompt: (prompt) => whyNotPlainPrompt(prompt),
  whyNotResponse: whyNotPlainResponse,
  line: ({ prompt, chosen, rejected }) => ({
    context: plainMessages(prompt),
    completions: [chosen, rejected].map((response, rank) => ({
      rank,
      completion: [{ role: 'assistant', content: plainText(response) }],
    })),
  }),
};

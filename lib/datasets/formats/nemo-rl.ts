import * as z from 'zod';
import type { Format } from './format.ts';
import { PlainMessage, plainTurns } from './plain.ts';

const completion = (rank: 0 | 1) =>
  z.strictObject({
    rank: z.literal(rank),
    completion: z.tuple([z.strictObject({ role: z.literal('assistant'), content: z.string() })]),
  });

/** NeMo-RL's `PreferenceDataset` (`dataset_type: rank`): exactly two completions, the lower rank preferred. */
export const nemoRl: Format = {
  files: { training: 'training.jsonl', validation: 'validation.jsonl' },
  Line: z.strictObject({
    context: z.array(PlainMessage).min(1),
    completions: z.tuple([completion(0), completion(1)]),
  }),
  line(preference) {
    const turns = plainTurns(preference);
    if ('left_out' in turns) return turns;
    const completions = [turns.chosen, turns.rejected].map((content, rank) => ({
      rank,
      completion: [{ role: 'assistant', content }],
    }));
    return { line: { context: turns.messages, completions } };
  },
};

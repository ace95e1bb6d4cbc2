import * as z from 'zod';
import type { Format } from './format.ts';
import { PlainMessage, plainTurns } from './plain.ts';

/** NeMo Platform's binary preferences. It takes the schema from the first line, so a file has one form of prompt. */
export const nemoPlatform: Format = {
  files: { training: 'training.jsonl', validation: 'validation.jsonl' },
  Line: z.strictObject({
    prompt: z.union([z.string(), z.array(PlainMessage).min(1)]),
    chosen: z.string(),
    rejected: z.string(),
  }),
  line(preference, layout) {
    const turns = plainTurns(preference);
    if ('left_out' in turns) return turns;
    const prompt = layout.promptMessages ? turns.messages : (turns.messages[0]?.content ?? '');
    return { line: { prompt, chosen: turns.chosen, rejected: turns.rejected } };
  },
};

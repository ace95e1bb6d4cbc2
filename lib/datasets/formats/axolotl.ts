import * as z from 'zod';
import type { Format } from './format.ts';
import { PlainMessage, plainTurns } from './plain.ts';

const Response = z.strictObject({ role: z.literal('assistant'), content: z.string() });

/** Axolotl's `type: chat_template.default` for DPO. It reads role and content of a message and drops the rest unsaid. */
export const axolotl: Format = {
  files: { training: 'training.jsonl', validation: 'validation.jsonl' },
  Line: z.strictObject({
    messages: z.array(PlainMessage.extend({ role: z.enum(['system', 'user', 'assistant', 'tool']) })).min(1),
    chosen: Response,
    rejected: Response,
  }),
  line(preference) {
    const turns = plainTurns(preference);
    if ('left_out' in turns) return turns;
    const { messages, chosen, rejected } = turns;
    return {
      line: {
        messages,
        chosen: { role: 'assistant', content: chosen },
        rejected: { role: 'assistant', content: rejected },
      },
    };
  },
};

import * as z from 'zod';
import type { Format } from './format.ts';
import { PlainMessage, plainMessages, plainText, whyNotPlainPrompt, whyNotPlainResponse } from './plain.ts';

const Response = z.strictObject({ role: z.literal('assistant'), content: z.string() });

/** Axolotl's `type: chat_template.default` for DPO. It reads role and content of a message and drops the rest unsaid. */
export const axolotl: Format = {
  files: { training: 'training.jsonl', validation: 'validation.jsonl' },
  conversations: false,
  Line: z.strictObject({
    messages: z.array(PlainMessage.extend({ role: z.enum(['system', 'user', 'assistant', 'tool']) })).min(1),
    chosen: Response,
    rejected: Response,
  }),
  whyNotPrompt: (prompt) => whyNotPlainPrompt(prompt),
  whyNotResponse: whyNotPlainResponse,
  line: ({ prompt, chosen, rejected }) => ({
    messages: plainMessages(prompt),
    chosen: { role: 'assistant', content: plainText(chosen) },
    rejected: { role: 'assistant', content: plainText(rejected) },
  }),
};

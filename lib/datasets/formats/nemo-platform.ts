import * as z from 'zod';
import type { Format } from './format.ts';
import { whyNotTools } from './function-tools.ts';
import { PlainMessage, plainMessages, plainText, whyNotPlainPrompt, whyNotPlainResponse } from './plain.ts';

/** NeMo Platform's binary preferences. It takes the schema from the first line, so a file has one form of prompt. */
export const nemoPlatform: Format = {
  files: { training: 'training.jsonl', validation: 'validation.jsonl' },
  conversations: false,
  takesColumns: false,
  Line: z.strictObject({
    prompt: z.union([z.string(), z.array(PlainMessage).min(1)]),
    chosen: z.string(),
    rejected: z.string(),
  }),
  whyNotPrompt: (prompt) => whyNotPlainPrompt(prompt),
  whyNotResponse: whyNotPlainResponse,
  whyNotTools,
  typedColumns: () => [['prompt'], ['chosen'], ['rejected']],
  line: ({ prompt, chosen, rejected }, layout) => {
    const messages = plainMessages(prompt);
    return {
      prompt: layout.promptMessages ? messages : (messages[0]?.content ?? ''),
      chosen: plainText(chosen),
      rejected: plainText(rejected),
    };
  },
};

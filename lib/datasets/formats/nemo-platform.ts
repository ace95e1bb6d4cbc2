import * as z from 'zod';
import type { Format } from './format.ts';
import { PlainMessage, plainFormat, plainMessages, plainText } from './plain.ts';

/** NeMo Platform's binary preferences. It takes the schema from the first line, so a file has one form of prompt. */
export const nemoPlatform: Format = {
  ...plainFormat,
  Line: z.strictObject({
    prompt: z.union([z.string(), z.array(PlainMessage).min(1)]),
    chosen: z.string(),
    rejected: z.string(),
  }),
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

import * as z from 'zod';
import { messageOf, messagesOf } from '../preference.ts';
import type { Format } from './format.ts';
import { PlainMessage, plainFormat, plainMessages, whyNotPlainPrompt } from './plain.ts';

const Answer = PlainMessage.extend({ role: z.literal('assistant') });

/**
 * Together's preference format: OpenAI's lines, of messages that all have a text. One message without refuses the whole
 * file, and so does a prompt that ends with the assistant.
 */
export const together: Format = {
  ...plainFormat,
  Line: z.strictObject({
    input: z.strictObject({ messages: z.array(PlainMessage).min(1) }),
    preferred_output: z.tuple([Answer]),
    non_preferred_output: z.tuple([Answer]),
  }),
  whyNotPrompt: (prompt) =>
    whyNotPlainPrompt(prompt) ?? (messagesOf(prompt).at(-1)?.role === 'assistant' ? 'turn_order' : undefined),
  line: ({ prompt, chosen, rejected }) => ({
    input: { messages: plainMessages(prompt) },
    preferred_output: plainMessages([messageOf(chosen)]),
    non_preferred_output: plainMessages([messageOf(rejected)]),
  }),
};

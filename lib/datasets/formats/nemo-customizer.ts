import * as z from 'zod';
import type { Preference } from '../preference.ts';
import type { Format } from './format.ts';
import { PlainMessage, plainFormat, plainMessages, plainText, whyNotPlainPrompt } from './plain.ts';

/** NeMo Customizer's DPO schemas: the prompt as text, or as OpenAI messages. File names as NAT uploads them. */
export const nemoCustomizer: Format = {
  ...plainFormat,
  files: { training: 'training/training_file.jsonl', validation: 'validation/validation_file.jsonl' },
  Line: z.strictObject({
    prompt: z.union([z.string(), z.array(PlainMessage)]),
    chosen_response: z.string(),
    rejected_response: z.string(),
  }),
  whyNotPrompt: (prompt, { fullHistory, nat }) =>
    // NAT writes any prompt that its builder made, an empty list as an empty text.
    nat && prompt.length === 0
      ? undefined
      : whyNotPlainPrompt(fullHistory ? prompt : lastOf(prompt), nat ? 'any' : undefined),
  line: ({ prompt, chosen, rejected }, { fullHistory }) => ({
    prompt: fullHistory ? plainMessages(prompt) : (plainMessages(lastOf(prompt))[0]?.content ?? ''),
    chosen_response: plainText(chosen),
    rejected_response: plainText(rejected),
  }),
};

/** All that is asked of the last message is its content; one that is no text stays as it is, to be left out. */
function lastOf(prompt: Preference['prompt']): Preference['prompt'] {
  if (typeof prompt === 'string') return prompt;
  const content = prompt.at(-1)?.content;
  return typeof content === 'string' ? content : prompt.slice(-1);
}

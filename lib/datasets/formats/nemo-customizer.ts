import * as z from 'zod';
import { messagesOf, type Preference } from '../preference.ts';
import type { Format, LineOf } from './format.ts';
import { PlainMessage, plainTurns } from './plain.ts';

/** NeMo Customizer's DPO schemas: the prompt as text, or as OpenAI messages. File names as NAT uploads them. */
export const nemoCustomizer: Format = {
  files: { training: 'training/training_file.jsonl', validation: 'validation/validation_file.jsonl' },
  Line: z.strictObject({
    prompt: z.union([z.string(), z.array(PlainMessage)]),
    chosen_response: z.string(),
    rejected_response: z.string(),
  }),
  line(preference, layout): LineOf {
    const { prompt } = preference;
    // NAT writes any prompt that its builder made, an empty list as an empty text.
    if (layout.nat && prompt.length === 0) return lineOf(layout.fullHistory ? messagesOf(prompt) : '', preference);
    const turns = plainTurns(layout.fullHistory ? preference : { ...preference, prompt: lastOf(prompt) }, {
      anyRole: layout.nat,
    });
    if ('left_out' in turns) return turns;
    return lineOf(layout.fullHistory ? turns.messages : (turns.messages[0]?.content ?? ''), turns);
  },
};

const lineOf = (prompt: unknown, { chosen, rejected }: Pick<Preference, 'chosen' | 'rejected'>): LineOf => ({
  line: { prompt, chosen_response: chosen, rejected_response: rejected },
});

/** All that is asked of the last message is its content; one that is no text stays as it is, to be left out. */
function lastOf(prompt: Preference['prompt']): Preference['prompt'] {
  if (typeof prompt === 'string') return prompt;
  const content = prompt.at(-1)?.content;
  return typeof content === 'string' ? content : prompt.slice(-1);
}

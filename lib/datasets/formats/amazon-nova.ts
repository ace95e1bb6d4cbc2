import * as z from 'zod';
import type { Format } from './format.ts';
import { plainTurns } from './plain.ts';

/** A job fails if one of these stands anywhere in a user's or a system's text. */
const RESERVED = ['User:', 'Bot:', 'Assistant:', 'System:', '[EOS]', '<image>', '<video>'];

const Text = z.strictObject({ text: z.string().regex(/\S/) });
const ofRole = (role: string) => z.strictObject({ role: z.literal(role), content: z.tuple([Text]) });
const candidate = (label: string) => z.strictObject({ content: z.tuple([Text]), preferenceLabel: z.literal(label) });

/** Amazon Nova's DPO: the system's texts apart, turns that alternate from the user's, two labelled candidates last. */
export const amazonNova: Format = {
  files: { training: 'training.jsonl', validation: 'validation.jsonl' },
  Line: z.strictObject({
    system: z.array(Text).min(1).optional(),
    messages: z
      .tuple(
        [ofRole('user')],
        z.union([
          ofRole('user'),
          ofRole('assistant'),
          z.strictObject({
            role: z.literal('assistant'),
            candidates: z.tuple([candidate('preferred'), candidate('non-preferred')]),
          }),
        ]),
      )
      .refine((messages) => messages.every((message, at) => message.role === (at % 2 === 0 ? 'user' : 'assistant')))
      .refine((messages) => messages.every((message, at) => 'candidates' in message === (at === messages.length - 1))),
  }),
  line(preference) {
    const plain = plainTurns(preference, { roles: ['system', 'user', 'assistant'] });
    if ('left_out' in plain) return plain;
    const { messages, chosen, rejected } = plain;
    const firstTurn = messages.findIndex(({ role }) => role !== 'system');
    const turns = firstTurn < 0 ? [] : messages.slice(firstTurn);
    const system = messages.slice(0, messages.length - turns.length);
    const inOrder = turns.every(({ role }, at) => role === (at % 2 === 0 ? 'user' : 'assistant'));
    if (!inOrder || turns.length % 2 === 0) return { left_out: 'turn_order' };
    const texts = [...messages.map(({ content }) => content), chosen, rejected];
    if (texts.some((text) => text.trim() === '')) return { left_out: 'empty_text' };
    const prompts = messages.filter(({ role }) => role !== 'assistant');
    if (prompts.some(({ content }) => RESERVED.some((word) => content.includes(word)))) {
      return { left_out: 'reserved_word' };
    }
    return {
      line: {
        ...(system.length > 0 && { system: system.map(({ content }) => ({ text: content })) }),
        messages: [
          ...turns.map(({ role, content }) => ({ role, content: [{ text: content }] })),
          {
            role: 'assistant',
            candidates: [
              { content: [{ text: chosen }], preferenceLabel: 'preferred' },
              { content: [{ text: rejected }], preferenceLabel: 'non-preferred' },
            ],
          },
        ],
      },
    };
  },
};

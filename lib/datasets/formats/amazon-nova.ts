import * as z from 'zod';
import type { Format } from './format.ts';
import {
  type PlainMessage,
  plainFormat,
  plainMessages,
  plainText,
  whyNotPlainPrompt,
  whyNotPlainResponse,
} from './plain.ts';

/** A job fails if one of these is anywhere in a text, in whatever case. */
const RESERVED = /system:|user:|bot:|assistant:|thought:|\[eos\]|<image>|<video>|<unk>/i;

const Text = z.strictObject({ text: z.string().regex(/\S/) });
const ofRole = (role: string) => z.strictObject({ role: z.literal(role), content: z.tuple([Text]) });
const candidate = (label: string) => z.strictObject({ content: z.tuple([Text]), preferenceLabel: z.literal(label) });

/** Amazon Nova's DPO: the system's texts apart, turns that alternate from the user's, two labelled candidates last. */
export const amazonNova: Format = {
  ...plainFormat,
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
  whyNotPrompt(prompt) {
    const reason = whyNotPlainPrompt(prompt, ['system', 'user', 'assistant']);
    if (reason !== undefined) return reason;
    const messages = plainMessages(prompt);
    const { turns } = partSystem(messages);
    const inOrder = turns.every(({ role }, at) => role === (at % 2 === 0 ? 'user' : 'assistant'));
    if (!inOrder || turns.length % 2 === 0) return 'turn_order';
    if (messages.some(({ content }) => content.trim() === '')) return 'empty_text';
    return messages.some(({ content }) => RESERVED.test(content)) ? 'reserved_word' : undefined;
  },
  whyNotResponse(response) {
    const reason = whyNotPlainResponse(response);
    if (reason !== undefined) return reason;
    const text = plainText(response);
    if (text.trim() === '') return 'empty_text';
    return RESERVED.test(text) ? 'reserved_word' : undefined;
  },
  lineLimits: { least: 8, most: 20_000 },
  line({ prompt, chosen, rejected }) {
    const { system, turns } = partSystem(plainMessages(prompt));
    return {
      ...(system.length > 0 && { system: system.map(({ content }) => ({ text: content })) }),
      messages: [
        ...turns.map(({ role, content }) => ({ role, content: [{ text: content }] })),
        {
          role: 'assistant',
          candidates: [
            { content: [{ text: plainText(chosen) }], preferenceLabel: 'preferred' },
            { content: [{ text: plainText(rejected) }], preferenceLabel: 'non-preferred' },
          ],
        },
      ],
    };
  },
};

/** The system's messages at the beginning, and the turns after them. */
function partSystem(messages: readonly PlainMessage[]) {
  const firstTurn = messages.findIndex(({ role }) => role !== 'system');
  const turns = firstTurn < 0 ? [] : messages.slice(firstTurn);
  return { system: messages.slice(0, messages.length - turns.length), turns };
}

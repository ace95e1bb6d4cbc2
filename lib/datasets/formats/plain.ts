import * as z from 'zod';
import type { LeftOutReason } from '../../contract/dataset-result.ts';
import type { Message } from '../../contract/trajectory.ts';
import { isPlain, messageOf, messagesOf, type Preference } from '../preference.ts';

/** Role and text: all that most trainers take of a message. */
export const PlainMessage = z.strictObject({ role: z.string(), content: z.string() });
export type PlainMessage = z.infer<typeof PlainMessage>;

export interface PlainTurns {
  readonly messages: readonly PlainMessage[];
  readonly chosen: string;
  readonly rejected: string;
}

export interface PlainOptions {
  readonly roles?: readonly string[];
  readonly anyRole?: boolean;
}

/** The pair as roles and texts, or why it is more than that. */
export function plainTurns(
  preference: Preference,
  { roles = ['system', 'user', 'assistant', 'tool'], anyRole = false }: PlainOptions = {},
): PlainTurns | { readonly left_out: LeftOutReason } {
  const messages = messagesOf(preference.prompt);
  const chosen = messageOf(preference.chosen);
  const rejected = messageOf(preference.rejected);
  for (const message of [...messages, chosen, rejected]) {
    const left_out = whyNotPlain(message);
    if (left_out) return { left_out };
  }
  if (messages.length === 0) return { left_out: 'empty_prompt' };
  const foreign = !anyRole && messages.some(({ role }) => !roles.includes(role));
  if (foreign || chosen.role !== 'assistant' || rejected.role !== 'assistant') return { left_out: 'role' };
  return { messages: messages.filter(isPlain).map(plain), chosen: textOf(chosen), rejected: textOf(rejected) };
}

export function whyNotPlain(message: Message): LeftOutReason | undefined {
  if (isPlain(message)) return undefined;
  if (message.tool_calls !== undefined) return 'tool_calls';
  if (message.content === undefined) return 'no_content';
  return typeof message.content === 'string' ? 'message_fields' : 'content_parts';
}

/** In one order of keys, whatever the trace's was. */
const plain = ({ role, content }: PlainMessage): PlainMessage => ({ role, content });
const textOf = ({ content }: Message): string => (typeof content === 'string' ? content : '');

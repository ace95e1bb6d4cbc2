import * as z from 'zod';
import type { LeftOutReason } from '../../contract/dataset-result.ts';
import type { Message, Response } from '../../contract/trajectory.ts';
import { isPlain, messageOf, messagesOf, type Preference } from '../preference.ts';
import type { Format } from './format.ts';
import { whyNotTools } from './function-tools.ts';
import { namedField } from './named-field.ts';

/** Role and text: all that most trainers take of a message. */
export const PlainMessage = z.strictObject({ role: z.string(), content: z.string() });
export type PlainMessage = z.infer<typeof PlainMessage>;

/** `any`: whatever role a message has. */
export type Roles = readonly string[] | 'any';

const ROLES: Roles = ['system', 'user', 'assistant', 'tool'];

/** Why a prompt is more, or less, than roles and texts. */
export function whyNotPlainPrompt(prompt: Preference['prompt'], roles: Roles = ROLES): LeftOutReason | undefined {
  const messages = messagesOf(prompt);
  return whyNotPlainMessages(messages, roles) ?? (messages.length === 0 ? 'empty_prompt' : undefined);
}

export function whyNotPlainMessages(messages: readonly Message[], roles: Roles = ROLES): LeftOutReason | undefined {
  const reason = messages.map(whyNotPlain).find((found) => found !== undefined);
  if (reason !== undefined) return reason;
  return roles === 'any' || messages.every(({ role }) => roles.includes(role)) ? undefined : 'role';
}

/** Why a response is more than an assistant's text. */
export function whyNotPlainResponse(response: Response): LeftOutReason | undefined {
  if (typeof response === 'string') return undefined;
  if (Array.isArray(response)) return 'conversation';
  return whyNotPlain(response) ?? (response.role === 'assistant' ? undefined : 'role');
}

export function whyNotPlain(message: Message): LeftOutReason | undefined {
  if (isPlain(message)) return undefined;
  if (message.tool_calls !== undefined) return 'tool_calls';
  if (message.content === undefined) return 'no_content';
  return typeof message.content === 'string' ? namedField(message, ['role', 'content']) : 'content_parts';
}

/** What the formats share that hold roles and texts alone. */
export const plainFormat = {
  files: { training: 'training.jsonl', validation: 'validation.jsonl' },
  conversations: false,
  takesColumns: false,
  whyNotPrompt: (prompt) => whyNotPlainPrompt(prompt),
  whyNotResponse: whyNotPlainResponse,
  whyNotTools,
} satisfies Partial<Format>;

/** Messages of role and text, in one order of keys, whatever the trace's was. */
export const plainMessages = (prompt: Preference['prompt']): readonly PlainMessage[] =>
  messagesOf(prompt)
    .filter(isPlain)
    .map(({ role, content }) => ({ role, content }));

/** The response's text. */
export function plainText(response: Response): string {
  const { content } = messageOf(response);
  return typeof content === 'string' ? content : '';
}

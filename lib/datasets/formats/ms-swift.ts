import * as z from 'zod';
import type { LeftOutReason } from '../../contract/dataset-result.ts';
import type { Message } from '../../contract/trajectory.ts';
import { answersOf, messagesOf } from '../preference.ts';
import { type ChatMessage, chatFormat, chatMessage, whyNotChatPrompt, whyNotChatResponse } from './chat.ts';
import type { Format } from './format.ts';
import { toolsText } from './function-tools.ts';
import { namedField } from './named-field.ts';
import { toolsColumn } from './trl.ts';

const Turn = z.strictObject({
  role: z.enum(['system', 'user', 'assistant', 'tool_call', 'tool_response']),
  content: z.string(),
});

/**
 * ms-swift's own form: two whole conversations, the preferred one first, which share their beginning. Each call of a tool
 * is a message of its own, its content the call as JSON text: so all messages have the same two columns.
 */
export const msSwift: Format = {
  ...chatFormat,
  Line: z.looseObject({
    messages: z.array(Turn).min(2),
    rejected_messages: z.array(Turn).min(2),
    tools: z.string().optional(),
  }),
  whyNotPrompt: (prompt) => whyNotChatPrompt(prompt) ?? whyNotTurns(messagesOf(prompt)),
  whyNotResponse: (response) => whyNotChatResponse(response) ?? whyNotTurns(answersOf(response)),
  parquet: (layout) => [
    { name: 'messages', kind: 'json list' },
    { name: 'rejected_messages', kind: 'json list' },
    ...toolsColumn(layout),
  ],
  typedColumns: () => [
    ['prompt', 'chosen'],
    ['prompt', 'rejected'],
  ],
  line: ({ prompt, chosen, rejected, tools }, layout) => ({
    messages: [...messagesOf(prompt), ...answersOf(chosen)].flatMap((message) => turnsOf(chatMessage(message))),
    rejected_messages: [...messagesOf(prompt), ...answersOf(rejected)].flatMap((message) =>
      turnsOf(chatMessage(message)),
    ),
    ...(layout.tools && { tools: toolsText(tools) }),
  }),
};

const ROLES = ['system', 'user', 'assistant', 'tool'];

/** A result follows its call, so neither its id nor its tool's name says more. */
const KEYS = ['role', 'content', 'tool_calls', 'tool_call_id', 'name'];

function whyNotTurns(messages: readonly Message[]): LeftOutReason | undefined {
  if (!messages.every(({ role }) => ROLES.includes(role))) return 'role';
  const odd = messages.find(
    (message) =>
      !Object.keys(message).every((key) => KEYS.includes(key)) || ('name' in message && message.role !== 'tool'),
  );
  return odd && namedField(odd, odd.role === 'tool' ? KEYS : KEYS.slice(0, 3));
}

function turnsOf({
  role,
  content,
  tool_calls,
}: ChatMessage): readonly { readonly role: string; readonly content: string }[] {
  if (role === 'tool') return [{ role: 'tool_response', content }];
  const calls = (tool_calls ?? []).map(({ function: { name, arguments: given } }) => ({
    role: 'tool_call',
    content: JSON.stringify({ name, arguments: given }),
  }));
  return calls.length > 0 && content === '' ? calls : [{ role, content }, ...calls];
}

import * as z from 'zod';
import type { LeftOutReason } from '../../contract/dataset-result.ts';
import type { Message, Response } from '../../contract/trajectory.ts';
import { hasLongInteger, isObject, parseExactly } from '../../sources/json/exact-json.ts';
import { answersOf, messageOf, type Preference } from '../preference.ts';
import type { Format } from './format.ts';
import { whyNotFunctions } from './function-tools.ts';
import { namedField } from './named-field.ts';

const called = { name: z.string() };
const call = { id: z.string().optional(), type: z.string().optional() };

/** A message as chat templates take it: no null keys, and the arguments of calls as objects. */
export const ChatMessage = z.strictObject({
  role: z.string(),
  content: z.string(),
  name: z.string().optional(),
  reasoning_content: z.string().optional(),
  tool_calls: z
    .array(z.strictObject({ ...call, function: z.strictObject({ ...called, arguments: z.custom(isObject) }) }))
    .min(1)
    .optional(),
  tool_call_id: z.string().optional(),
});

export type ChatMessage = z.infer<typeof ChatMessage>;

const Held = ChatMessage.extend({
  content: z.string().optional(),
  tool_calls: z
    .array(
      z.strictObject({
        ...call,
        function: z.strictObject({ ...called, arguments: z.string().refine((text) => readArguments(text)) }),
      }),
    )
    .min(1)
    .optional(),
});

export function whyNotChatPrompt(prompt: Preference['prompt']): LeftOutReason | undefined {
  if (typeof prompt === 'string') return undefined;
  return prompt.length === 0 ? 'empty_prompt' : prompt.map(whyNotChat).find((reason) => reason !== undefined);
}

/** One message, or a conversation that the model ends. */
export function whyNotChatResponse(response: Response): LeftOutReason | undefined {
  const reason = answersOf(response)
    .map(whyNotChat)
    .find((found) => found !== undefined);
  return reason ?? (messageOf(response).role === 'assistant' ? undefined : 'role');
}

function whyNotChat(message: Message): LeftOutReason | undefined {
  const { content, tool_calls } = message;
  if (content === undefined && tool_calls === undefined && message.reasoning_content === undefined) return 'no_content';
  if (Held.safeParse(message).success) return undefined;
  if (content !== undefined && typeof content !== 'string') return 'content_parts';
  if (tool_calls !== undefined && !Held.shape.tool_calls.safeParse(tool_calls).success) return 'tool_calls';
  return namedField(message, Object.keys(Held.shape));
}

/** Role and content first, whatever the trace's order was. Templates read `content` beside calls, too. */
export function chatMessage(message: Message): z.infer<typeof ChatMessage> {
  const { role, content, tool_calls, ...rest } = Held.parse(message);
  return {
    role,
    content: content ?? '',
    ...rest,
    ...(tool_calls && {
      tool_calls: tool_calls.map(({ function: { name, arguments: text }, ...kept }) => ({
        ...kept,
        function: { name, arguments: readArguments(text) },
      })),
    }),
  };
}

/** What the formats share whose trainers apply a chat template to whole messages. */
export const chatFormat = {
  files: { training: 'training.jsonl', validation: 'validation.jsonl' },
  conversations: true,
  takesColumns: true,
  whyNotPrompt: whyNotChatPrompt,
  whyNotResponse: whyNotChatResponse,
  whyNotTools: whyNotFunctions,
} satisfies Partial<Format>;

/** The arguments of a call; undefined where they are no object. A call without any has the empty text. */
export function readArguments(text: string): object | undefined {
  try {
    const parsed: unknown = hasLongInteger(text) ? parseExactly(text) : JSON.parse(text === '' ? '{}' : text);
    return isObject(parsed) ? parsed : undefined;
  } catch {
    return undefined;
  }
}

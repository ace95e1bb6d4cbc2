import * as z from 'zod';
import type { LeftOutReason } from '../../contract/dataset-result.ts';
import type { Message, Response } from '../../contract/trajectory.ts';
import { messageOf, messagesOf, type Preference } from '../preference.ts';
import { FunctionTool } from './function-tools.ts';
import { namedField } from './named-field.ts';

/*
 * The lines that OpenAI, Together and Fireworks share; each holds other messages.
 */

const TextPart = z.strictObject({ type: z.literal('text'), text: z.string() });
const Content = z.union([z.string(), z.array(TextPart).min(1)]);
const ToolCall = z.strictObject({
  id: z.string(),
  type: z.literal('function'),
  function: z.strictObject({ name: z.string(), arguments: z.string() }),
});

const named = { content: Content, name: z.string().optional() };
export const AssistantMessage = z
  .strictObject({
    role: z.literal('assistant'),
    content: Content.optional(),
    name: z.string().optional(),
    refusal: z.string().optional(),
    tool_calls: z.array(ToolCall).min(1).optional(),
  })
  .refine(({ content, tool_calls }) => content !== undefined || tool_calls !== undefined);
export const InputMessage = z.discriminatedUnion('role', [
  z.strictObject({ role: z.literal('system'), ...named }),
  z.strictObject({ role: z.literal('developer'), ...named }),
  z.strictObject({ role: z.literal('user'), ...named }),
  AssistantMessage,
  // A trace often names the tool beside its result. OpenAI does not take the name, and the call's id says as much.
  z.strictObject({ role: z.literal('tool'), content: Content, tool_call_id: z.string() }),
]);

export const openaiLine = (message: z.ZodType, answer: z.ZodType) =>
  z.strictObject({
    input: z.strictObject({
      messages: z.array(message).min(1),
      tools: z.array(FunctionTool),
      parallel_tool_calls: z.literal(true).optional(),
    }),
    preferred_output: z.tuple([answer]),
    non_preferred_output: z.tuple([answer]),
  });

/** Why OpenAI takes no such message. */
function whyNotOpenai(message: Message): LeftOutReason | undefined {
  if (InputMessage.safeParse(withoutToolName(message)).success) return undefined;
  const { role, content, tool_calls } = message;
  if (!['system', 'developer', 'user', 'assistant', 'tool'].includes(role)) return 'role';
  if (content === undefined && tool_calls === undefined) return 'no_content';
  if (content !== undefined && !Content.safeParse(content).success) return 'content_parts';
  if (tool_calls !== undefined && !z.array(ToolCall).safeParse(tool_calls).success) return 'tool_calls';
  if (role === 'tool') return namedField(message, ['role', 'content', 'tool_call_id', 'name']);
  return namedField(message, ['role', 'content', 'name', ...(role === 'assistant' ? ['refusal', 'tool_calls'] : [])]);
}

export function whyNotOpenaiPrompt(prompt: Preference['prompt']): LeftOutReason | undefined {
  const messages = messagesOf(prompt);
  return messages.length === 0 ? 'empty_prompt' : messages.map(whyNotOpenai).find((reason) => reason !== undefined);
}

export function whyNotOpenaiResponse(response: Response): LeftOutReason | undefined {
  if (Array.isArray(response)) return 'conversation';
  const message = messageOf(response);
  return message.role === 'assistant' ? whyNotOpenai(message) : 'role';
}

/** Role and content first, whatever the trace's order was. */
export function openaiMessage(message: Message): Message {
  const { role, content, ...rest } = withoutToolName(message);
  return content === undefined ? { role, ...rest } : { role, content, ...rest };
}

function withoutToolName(message: Message): Message {
  if (message.role !== 'tool') return message;
  const { name: _, ...rest } = message;
  return rest;
}

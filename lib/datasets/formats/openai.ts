import * as z from 'zod';
import type { LeftOutReason } from '../../contract/dataset-result.ts';
import type { Message } from '../../contract/trajectory.ts';
import { messageOf, messagesOf } from '../preference.ts';
import type { Format } from './format.ts';

const TextPart = z.strictObject({ type: z.literal('text'), text: z.string() });
const Content = z.union([z.string(), z.array(TextPart).min(1)]);
const ToolCall = z.strictObject({
  id: z.string(),
  type: z.literal('function'),
  function: z.strictObject({ name: z.string(), arguments: z.string() }),
});

const named = { content: Content, name: z.string().optional() };
const AssistantMessage = z
  .strictObject({
    role: z.literal('assistant'),
    content: Content.optional(),
    name: z.string().optional(),
    refusal: z.string().optional(),
    tool_calls: z.array(ToolCall).min(1).optional(),
  })
  .refine(({ content, tool_calls }) => content !== undefined || tool_calls !== undefined);
const InputMessage = z.discriminatedUnion('role', [
  z.strictObject({ role: z.literal('system'), ...named }),
  z.strictObject({ role: z.literal('developer'), ...named }),
  z.strictObject({ role: z.literal('user'), ...named }),
  AssistantMessage,
  z.strictObject({ role: z.literal('tool'), content: Content, tool_call_id: z.string() }),
]);

/**
 * OpenAI's preference format, which Azure OpenAI, Together and Fireworks take too. Messages stay whole, tool calls and
 * all; traces do not tell which tools there were, so `tools` is empty. Text only, as its DPO is.
 */
export const openai: Format = {
  files: { training: 'training.jsonl', validation: 'validation.jsonl' },
  conversations: false,
  Line: z.strictObject({
    input: z.strictObject({
      messages: z.array(InputMessage).min(1),
      tools: z.tuple([]),
      parallel_tool_calls: z.literal(true),
    }),
    preferred_output: z.tuple([AssistantMessage]),
    non_preferred_output: z.tuple([AssistantMessage]),
  }),
  whyNotPrompt(prompt) {
    const messages = messagesOf(prompt);
    return messages.length === 0 ? 'empty_prompt' : messages.map(whyNot).find((reason) => reason !== undefined);
  },
  whyNotResponse(response) {
    if (Array.isArray(response)) return 'conversation';
    const message = messageOf(response);
    return message.role === 'assistant' ? whyNot(message) : 'role';
  },
  line: ({ prompt, chosen, rejected }) => ({
    input: { messages: messagesOf(prompt).map(inOrder), tools: [], parallel_tool_calls: true },
    preferred_output: [inOrder(messageOf(chosen))],
    non_preferred_output: [inOrder(messageOf(rejected))],
  }),
};

function whyNot(message: Message): LeftOutReason | undefined {
  if (InputMessage.safeParse(message).success) return undefined;
  const { role, content, tool_calls } = message;
  if (!['system', 'developer', 'user', 'assistant', 'tool'].includes(role)) return 'role';
  if (content === undefined && tool_calls === undefined) return 'no_content';
  if (content !== undefined && !Content.safeParse(content).success) return 'content_parts';
  if (tool_calls !== undefined && !z.array(ToolCall).safeParse(tool_calls).success) return 'tool_calls';
  return 'message_fields';
}

/** Role and content first, whatever the trace's order was. */
function inOrder({ role, content, ...rest }: Message): Message {
  return content === undefined ? { role, ...rest } : { role, content, ...rest };
}

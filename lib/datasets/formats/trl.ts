import * as z from 'zod';
import type { LeftOutReason } from '../../contract/dataset-result.ts';
import type { Message } from '../../contract/trajectory.ts';
import type { Layout } from '../layout.ts';
import { answersOf, messageOf, messagesOf, type Preference } from '../preference.ts';
import type { Format } from './format.ts';

const ToolCall = z.strictObject({
  id: z.string().nullable(),
  type: z.string().nullable(),
  function: z.strictObject({ name: z.string(), arguments: z.string() }),
});

/** The columns of a message that only some datasets have are in all their messages, or in none. */
export const TrlMessage = z.strictObject({
  role: z.string(),
  content: z.string().nullable(),
  name: z.string().nullable().optional(),
  tool_calls: z.array(ToolCall).nullable().optional(),
  tool_call_id: z.string().nullable().optional(),
});

/** TRL's preference type: conversational as soon as one prompt or response of the dataset is messages, else standard. */
export const trl: Format = {
  files: { training: 'train.jsonl', validation: 'validation.jsonl' },
  conversations: true,
  Line: z.union([
    z.strictObject({ prompt: z.string(), chosen: z.string(), rejected: z.string() }),
    z.strictObject({
      prompt: z.array(TrlMessage).min(1),
      chosen: z.array(TrlMessage).min(1),
      rejected: z.array(TrlMessage).min(1),
    }),
  ]),
  whyNotPrompt: whyNotTrlPrompt,
  whyNotResponse: whyNotTrlResponse,
  line: trlTexts,
};

export const isConversational = (layout: Layout): boolean => layout.promptMessages || layout.responseMessages;

export function whyNotTrlPrompt(prompt: Preference['prompt']): LeftOutReason | undefined {
  if (typeof prompt === 'string') return undefined;
  return prompt.length === 0 ? 'empty_prompt' : prompt.map(whyNot).find((reason) => reason !== undefined);
}

export function whyNotTrlResponse(response: Preference['chosen']): LeftOutReason | undefined {
  const reason = answersOf(response)
    .map(whyNot)
    .find((found) => found !== undefined);
  return reason ?? (messageOf(response).role === 'assistant' ? undefined : 'role');
}

/** What both of TRL's formats are made of. */
export function trlTexts(
  { prompt, chosen, rejected }: Preference,
  layout: Layout,
): { readonly prompt: unknown; readonly chosen: unknown; readonly rejected: unknown } {
  if (!isConversational(layout)) return { prompt, chosen, rejected };
  return {
    prompt: messagesOf(prompt).map((message) => columnsOf(message, layout)),
    chosen: answersOf(chosen).map((message) => columnsOf(message, layout)),
    rejected: answersOf(rejected).map((message) => columnsOf(message, layout)),
  };
}

const HeldMessage = TrlMessage.extend({
  content: z.string().optional(),
  tool_calls: z
    .array(ToolCall.extend({ id: z.string().optional(), type: z.string().optional() }))
    .min(1)
    .optional(),
});

function whyNot(message: Message): LeftOutReason | undefined {
  const { content, tool_calls } = message;
  if (content === undefined && tool_calls === undefined) return 'no_content';
  if (HeldMessage.safeParse(message).success) return undefined;
  if (content !== undefined && typeof content !== 'string') return 'content_parts';
  if (tool_calls !== undefined && !HeldMessage.shape.tool_calls.safeParse(tool_calls).success) return 'tool_calls';
  return 'message_fields';
}

/** Nulls stand where other messages of the dataset have something; TRL removes them before it applies a template. */
function columnsOf(message: Message, layout: Layout): z.infer<typeof TrlMessage> {
  const { role, content, name, tool_calls, tool_call_id } = HeldMessage.parse(message);
  const calls = tool_calls?.map(({ id, type, function: called }) => ({
    id: id ?? null,
    type: type ?? null,
    function: { name: called.name, arguments: called.arguments },
  }));
  return {
    role,
    content: content ?? null,
    ...(layout.name && { name: name ?? null }),
    ...(layout.toolCalls && { tool_calls: calls ?? null }),
    ...(layout.toolCallId && { tool_call_id: tool_call_id ?? null }),
  };
}

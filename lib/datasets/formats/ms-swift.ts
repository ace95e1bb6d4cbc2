import * as z from 'zod';
import { answersOf, messagesOf } from '../preference.ts';
import { ChatMessage, chatMessage, whyNotChatPrompt, whyNotChatResponse } from './chat.ts';
import type { Format } from './format.ts';
import { toolsText, whyNotFunctions } from './function-tools.ts';

/** ms-swift's own form: two whole conversations, the preferred one first, which share their beginning. */
export const msSwift: Format = {
  files: { training: 'training.jsonl', validation: 'validation.jsonl' },
  conversations: true,
  takesColumns: true,
  Line: z.looseObject({
    messages: z.array(ChatMessage).min(2),
    rejected_messages: z.array(ChatMessage).min(2),
    tools: z.string().optional(),
  }),
  whyNotPrompt: whyNotChatPrompt,
  whyNotResponse: whyNotChatResponse,
  whyNotTools: whyNotFunctions,
  line: ({ prompt, chosen, rejected, tools }, layout) => ({
    messages: [...messagesOf(prompt), ...answersOf(chosen)].map(chatMessage),
    rejected_messages: [...messagesOf(prompt), ...answersOf(rejected)].map(chatMessage),
    ...(layout.tools && { tools: toolsText(tools) }),
  }),
};

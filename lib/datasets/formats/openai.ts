import { messageOf, messagesOf } from '../preference.ts';
import type { Format } from './format.ts';
import { whyNotFunctions } from './function-tools.ts';
import {
  AssistantMessage,
  InputMessage,
  openaiLine,
  openaiMessage,
  whyNotOpenaiPrompt,
  whyNotOpenaiResponse,
} from './openai-lines.ts';

/** OpenAI's preference format, which Azure OpenAI takes too. Messages stay whole, tool calls and all. Text only, as its DPO is. */
export const openai: Format = {
  files: { training: 'training.jsonl', validation: 'validation.jsonl' },
  conversations: false,
  takesColumns: false,
  Line: openaiLine(InputMessage, AssistantMessage),
  lineLimits: { least: 10, most: Number.POSITIVE_INFINITY, trainingOnly: true },
  whyNotPrompt: whyNotOpenaiPrompt,
  whyNotResponse: whyNotOpenaiResponse,
  whyNotTools: whyNotFunctions,
  line: ({ prompt, chosen, rejected, tools }) => ({
    input: { messages: messagesOf(prompt).map(openaiMessage), tools: tools ?? [], parallel_tool_calls: true },
    preferred_output: [openaiMessage(messageOf(chosen))],
    non_preferred_output: [openaiMessage(messageOf(rejected))],
  }),
};

import * as z from 'zod';
import type { Layout } from '../layout.ts';
import type { ParquetColumn } from '../parquet-table.ts';
import { answersOf, messagesOf, type Preference } from '../preference.ts';
import { ChatMessage, chatFormat, chatMessage } from './chat.ts';
import type { Format } from './format.ts';
import { toolsText } from './function-tools.ts';

/** JSON text. TRL reads it, whatever the tools are like. */
export const tools = { tools: z.string().optional() };

/**
 * TRL's preference type. Conversational, so that TRL applies the model's chat template; standard (plain text) where
 * `dataset.prompt_style` says so and the dataset has no messages.
 */
export const trl: Format = {
  ...chatFormat,
  files: { training: 'train.jsonl', validation: 'validation.jsonl' },
  Line: z.union([
    z.looseObject({ prompt: z.string(), chosen: z.string(), rejected: z.string(), ...tools }),
    z.looseObject({
      prompt: z.array(ChatMessage).min(1),
      chosen: z.array(ChatMessage).min(1),
      rejected: z.array(ChatMessage).min(1),
      ...tools,
    }),
  ]),
  parquet: (layout) => ['prompt', 'chosen', 'rejected'].map(trlColumn(layout)).concat(toolsColumn(layout)),
  typedColumns: (layout) => (isConversational(layout) ? [] : [['prompt'], ['chosen'], ['rejected']]),
  line: trlTexts,
};

export const isConversational = ({ style, promptMessages, responseMessages }: Layout): boolean =>
  style === 'chat' || promptMessages || responseMessages;

export const trlColumn =
  (layout: Layout) =>
  (name: string): ParquetColumn => ({ name, kind: isConversational(layout) ? 'json list' : 'text' });

export const toolsColumn = ({ tools }: Pick<Layout, 'tools'>): readonly ParquetColumn[] =>
  tools ? [{ name: 'tools', kind: 'text' }] : [];

/** What both of TRL's formats are made of. */
export function trlTexts({ prompt, chosen, rejected, tools: offered }: Preference, layout: Layout) {
  const more = layout.tools ? { tools: toolsText(offered) } : {};
  if (!isConversational(layout)) return { prompt, chosen, rejected, ...more };
  return {
    prompt: messagesOf(prompt).map(chatMessage),
    chosen: answersOf(chosen).map(chatMessage),
    rejected: answersOf(rejected).map(chatMessage),
    ...more,
  };
}

import * as z from 'zod';
import { answersOf, messagesOf } from '../preference.ts';
import { ChatMessage, chatFormat, chatMessage } from './chat.ts';
import type { Format } from './format.ts';
import { FunctionTool } from './function-tools.ts';

const completion = (rank: 0 | 1) => z.strictObject({ rank: z.literal(rank), completion: z.array(ChatMessage).min(1) });

/**
 * NeMo-RL's `PreferenceDataset` (`dataset_type: rank`): exactly two completions, the lower rank preferred. Its own
 * preprocessor gives no tools to the template; they stand in the line for one that does.
 */
export const nemoRl: Format = {
  ...chatFormat,
  Line: z.looseObject({
    context: z.array(ChatMessage).min(1),
    completions: z.tuple([completion(0), completion(1)]),
    tools: z.array(FunctionTool).optional(),
  }),
  parquet: ({ tools }) => [
    { name: 'context', kind: 'json list' },
    { name: 'completions', kind: 'json list' },
    ...(tools ? [{ name: 'tools', kind: 'json list' } as const] : []),
  ],
  typedColumns: () => [['prompt'], ['chosen', 'rejected']],
  line: ({ prompt, chosen, rejected, tools }, layout) => ({
    context: messagesOf(prompt).map(chatMessage),
    completions: [chosen, rejected].map((response, rank) => ({
      rank,
      completion: answersOf(response).map(chatMessage),
    })),
    ...(layout.tools && { tools: tools ?? [] }),
  }),
};

import * as z from 'zod';
import { ChatMessage, chatFormat } from './chat.ts';
import type { Format } from './format.ts';
import { isConversational, tools, toolsColumn, trlColumn, trlTexts } from './trl.ts';

const Standard = z.looseObject({ prompt: z.string(), completion: z.string(), label: z.boolean(), ...tools });
const Conversational = z.looseObject({
  prompt: z.array(ChatMessage).min(1),
  completion: z.array(ChatMessage).min(1),
  label: z.boolean(),
  ...tools,
});

/**
 * TRL's unpaired preference type: a pair is two lines, the chosen completion with the label true, the rejected one with
 * false. All pairs of a turn share its candidates, so the export writes each completion once, and none that is chosen
 * in one pair and rejected in another.
 */
export const trlKto: Format = {
  ...chatFormat,
  files: { training: 'train.jsonl', validation: 'validation.jsonl' },
  Line: z.tuple([Standard, Standard]).or(z.tuple([Conversational, Conversational])),
  unpaired: true,
  parquet: (layout) => [
    ...['prompt', 'completion'].map(trlColumn(layout)),
    { name: 'label', kind: 'boolean' },
    ...toolsColumn(layout),
  ],
  typedColumns: (layout) => (isConversational(layout) ? [] : [['prompt'], ['chosen', 'rejected']]),
  line(preference, layout) {
    const { prompt, chosen, rejected, ...more } = trlTexts(preference, layout);
    return [
      { prompt, completion: chosen, label: true, ...more },
      { prompt, completion: rejected, label: false, ...more },
    ];
  },
};

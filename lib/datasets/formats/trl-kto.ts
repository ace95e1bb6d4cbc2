import * as z from 'zod';
import type { Format } from './format.ts';
import { TrlMessage, trlTexts, whyNotTrlPrompt, whyNotTrlResponse } from './trl.ts';

const Standard = z.strictObject({ prompt: z.string(), completion: z.string(), label: z.boolean() });
const Conversational = z.strictObject({
  prompt: z.array(TrlMessage).min(1),
  completion: z.array(TrlMessage).min(1),
  label: z.boolean(),
});

/**
 * TRL's unpaired preference type: a pair is two lines, the chosen completion with the label true, the rejected one with
 * false. All pairs of a turn share its candidates, so the export writes each completion once, and none that is chosen
 * in one pair and rejected in another.
 */
export const trlKto: Format = {
  files: { training: 'train.jsonl', validation: 'validation.jsonl' },
  conversations: true,
  Line: z.tuple([Standard, Standard]).or(z.tuple([Conversational, Conversational])),
  unpaired: true,
  whyNotPrompt: whyNotTrlPrompt,
  whyNotResponse: whyNotTrlResponse,
  line(preference, layout) {
    const { prompt, chosen, rejected } = trlTexts(preference, layout);
    return [
      { prompt, completion: chosen, label: true },
      { prompt, completion: rejected, label: false },
    ];
  },
};

import * as z from 'zod';
import type { LeftOutReason } from '../../contract/dataset-result.ts';
import type { Response } from '../../contract/trajectory.ts';
import type { Format } from './format.ts';
import { PlainMessage, plainFormat, plainMessages, plainText, whyNotPlainResponse } from './plain.ts';
import { isInTemplates } from './template-text.ts';

const Answer = z.strictObject({ role: z.literal('assistant'), content: z.string() });

/** Axolotl's `type: chat_template.default` for DPO. It reads role and content of a message and drops the rest unsaid. */
export const axolotl: Format = {
  ...plainFormat,
  Line: z.strictObject({
    messages: z.array(PlainMessage.extend({ role: z.enum(['system', 'user', 'assistant', 'tool']) })).min(1),
    chosen: Answer,
    rejected: Answer,
  }),
  whyNotResponse: whyNotAnswer,
  parquet: () => [
    { name: 'messages', kind: 'json list' },
    { name: 'chosen', kind: 'json' },
    { name: 'rejected', kind: 'json' },
  ],
  typedColumns: () => [['prompt'], ['chosen'], ['rejected']],
  line: ({ prompt, chosen, rejected }) => ({
    messages: plainMessages(prompt),
    chosen: { role: 'assistant', content: plainText(chosen) },
    rejected: { role: 'assistant', content: plainText(rejected) },
  }),
};

/** It looks for the answer's text in the rendered answer, and trains on all that follows the first place where it is. */
function whyNotAnswer(response: Response): LeftOutReason | undefined {
  const reason = whyNotPlainResponse(response);
  if (reason !== undefined) return reason;
  const text = plainText(response);
  if (text.trim() !== text) return 'white_space';
  return isInTemplates(text) ? 'answer_in_template' : undefined;
}

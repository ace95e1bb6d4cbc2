import * as z from 'zod';
import type { LeftOutReason } from '../../contract/dataset-result.ts';
import type { Response } from '../../contract/trajectory.ts';
import { answersOf, messageOf } from '../preference.ts';
import type { Format } from './format.ts';
import { whyNotTools } from './function-tools.ts';
import { PlainMessage, plainMessages, whyNotPlainMessages, whyNotPlainPrompt } from './plain.ts';

/** The conversation form of SageMaker's serverless DPO: prompt and answers as lists of messages of role and text. */
export const sagemaker: Format = {
  files: { training: 'training.jsonl', validation: 'validation.jsonl' },
  conversations: true,
  takesColumns: false,
  Line: z.strictObject({
    prompt: z.array(PlainMessage).min(1),
    chosen: z.array(PlainMessage).min(1),
    rejected: z.array(PlainMessage).min(1),
  }),
  whyNotPrompt: (prompt) => whyNotPlainPrompt(prompt),
  whyNotResponse: whyNotAnswers,
  whyNotTools,
  line: ({ prompt, chosen, rejected }) => ({
    prompt: plainMessages(prompt),
    chosen: plainMessages(answersOf(chosen)),
    rejected: plainMessages(answersOf(rejected)),
  }),
};

function whyNotAnswers(response: Response): LeftOutReason | undefined {
  return whyNotPlainMessages(answersOf(response)) ?? (messageOf(response).role === 'assistant' ? undefined : 'role');
}

import * as z from 'zod';
import type { LeftOutReason } from '../../contract/dataset-result.ts';
import type { Response } from '../../contract/trajectory.ts';
import { answersOf, messageOf } from '../preference.ts';
import type { Format } from './format.ts';
import { PlainMessage, plainFormat, plainMessages, whyNotPlainMessages } from './plain.ts';

/** The conversation form of SageMaker's serverless DPO: prompt and answers as lists of messages of role and text. */
export const sagemaker: Format = {
  ...plainFormat,
  conversations: true,
  Line: z.strictObject({
    prompt: z.array(PlainMessage).min(1),
    chosen: z.array(PlainMessage).min(1),
    rejected: z.array(PlainMessage).min(1),
  }),
  whyNotResponse: whyNotAnswers,
  line: ({ prompt, chosen, rejected }) => ({
    prompt: plainMessages(prompt),
    chosen: plainMessages(answersOf(chosen)),
    rejected: plainMessages(answersOf(rejected)),
  }),
};

function whyNotAnswers(response: Response): LeftOutReason | undefined {
  return whyNotPlainMessages(answersOf(response)) ?? (messageOf(response).role === 'assistant' ? undefined : 'role');
}

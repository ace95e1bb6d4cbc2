import * as z from 'zod';
import type { DatasetFile } from '../../contract/dataset-result.ts';
import type { Preference } from '../preference.ts';
import type { Format } from './format.ts';
import { plainMessages, plainText, whyNotPlainPrompt, whyNotPlainResponse } from './plain.ts';

const FROM: Readonly<Record<string, string>> = {
  system: 'system',
  user: 'human',
  assistant: 'gpt',
  tool: 'observation',
};

const Response = z.strictObject({ from: z.literal('gpt'), value: z.string() });
const Turn = z.strictObject({ from: z.enum(['system', 'human', 'gpt', 'observation']), value: z.string() });

/**
 * LLaMA-Factory's sharegpt with ranking. After a system message the turns alternate, human or observation first and
 * last; the trainer skips any other row with no more than a warning.
 */
export const llamaFactory: Format = {
  files: { training: 'training.jsonl', validation: 'validation.jsonl' },
  conversations: false,
  Line: z.strictObject({
    conversations: z.array(Turn).refine((turns) => alternates(turns.map(({ from }) => from))),
    chosen: Response,
    rejected: Response,
  }),
  whyNotPrompt: (prompt) =>
    whyNotPlainPrompt(prompt) ??
    (alternates(conversationOf(prompt).map(({ from }) => from)) ? undefined : 'turn_order'),
  whyNotResponse: whyNotPlainResponse,
  line: ({ prompt, chosen, rejected }) => ({
    conversations: conversationOf(prompt),
    chosen: { from: 'gpt', value: plainText(chosen) },
    rejected: { from: 'gpt', value: plainText(rejected) },
  }),
  companion: {
    file: 'dataset_info.json',
    text: (files) => `${JSON.stringify(Object.fromEntries(files.map(entryOf)), null, 2)}\n`,
  },
};

const conversationOf = (prompt: Preference['prompt']) =>
  plainMessages(prompt).map(({ role, content }) => ({ from: FROM[role] ?? role, value: content }));

function alternates(speakers: readonly string[]): boolean {
  const turns = speakers[0] === 'system' ? speakers.slice(1) : speakers;
  return (
    turns.length % 2 === 1 &&
    turns.every((from, index) => (index % 2 === 0 ? ['human', 'observation'].includes(from) : from === 'gpt'))
  );
}

/** `dpo_training`, or with a curriculum `dpo_training_1`, `dpo_training_2`, …: what `dataset:` names in a recipe. */
const entryOf = ({ file, split, bucket }: DatasetFile) => [
  `dpo_${split}${bucket === null ? '' : `_${bucket}`}`,
  {
    file_name: file,
    formatting: 'sharegpt',
    ranking: true,
    columns: { messages: 'conversations', chosen: 'chosen', rejected: 'rejected' },
    tags: {
      role_tag: 'from',
      content_tag: 'value',
      user_tag: 'human',
      assistant_tag: 'gpt',
      observation_tag: 'observation',
      system_tag: 'system',
    },
  },
];

import { KEYS, PAIR_SCORE_KEYS } from '../fields/customary-keys.ts';
import { customaryFormat } from '../fields/field-format.ts';
import { customary, keyIn, pointers } from '../fields/keys-of.ts';
import { everyRecord } from '../source-format.ts';

/** Rows that are pairs already: an existing preference dataset. */
export const pairs = customaryFormat({
  name: 'pairs',
  holds: 'answers',
  defaultScore: 'preference',
  scattered: false,
  fields: {
    ...customary('group', 'id', 'chosen', 'rejected', 'metadata'),
    // OpenAI keeps messages and tools in `input`; LLaMA-Factory and Axolotl keep the prompt in a list of messages.
    prompt: ['/input/messages', ...pointers(KEYS.prompt), '/conversations', '/messages'],
    score: [...pointers(KEYS.strength), ...PAIR_SCORE_KEYS.map(pointers)],
    tools: ['/input/tools', ...pointers(KEYS.tools)],
  },
  detect: everyRecord((record) => [KEYS.chosen, KEYS.rejected].every((keys) => keyIn(record, keys) !== undefined)),
});

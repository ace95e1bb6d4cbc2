import {
  CHOSEN_KEYS,
  GROUP_KEYS,
  ID_KEYS,
  METADATA_KEYS,
  PAIR_SCORE_KEYS,
  PROMPT_KEYS,
  REJECTED_KEYS,
  STRENGTH_KEYS,
  TOOLS_KEYS,
} from '../fields/customary-keys.ts';
import type { FieldChoices } from '../fields/field-choices.ts';
import { customaryFields, fieldFormat } from '../fields/field-format.ts';
import { keyIn, pointers } from '../fields/keys-of.ts';
import { isObject } from '../json/exact-json.ts';

const FIELDS: FieldChoices = {
  group: pointers(GROUP_KEYS),
  id: pointers(ID_KEYS),
  // OpenAI keeps messages and tools in `input`; LLaMA-Factory and Axolotl keep the prompt in a list of messages.
  prompt: ['/input/messages', ...pointers(PROMPT_KEYS), '/conversations', '/messages'],
  chosen: pointers(CHOSEN_KEYS),
  rejected: pointers(REJECTED_KEYS),
  score: [...pointers(STRENGTH_KEYS), ...PAIR_SCORE_KEYS.map((keys) => [...pointers(keys)])],
  tools: ['/input/tools', ...pointers(TOOLS_KEYS)],
  metadata: pointers(METADATA_KEYS),
};

/** Rows that are pairs already: an existing preference dataset. */
export const pairs = fieldFormat({
  name: 'pairs',
  generic: true,
  holds: 'answers',
  defaultScore: 'preference',
  scattered: false,
  fields: FIELDS,
  rules: { customary: customaryFields(FIELDS) },
  detect: ({ records }) => (records.length > 0 && records.every(isPair) ? 'sure' : 'no'),
});

const isPair = (record: unknown): boolean =>
  isObject(record) && keyIn(record, CHOSEN_KEYS) !== undefined && keyIn(record, REJECTED_KEYS) !== undefined;

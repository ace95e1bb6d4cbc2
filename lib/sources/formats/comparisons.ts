import {
  GROUP_KEYS,
  ID_KEYS,
  METADATA_KEYS,
  PROMPT_KEYS,
  SIDE_KEYS,
  SIDE_SCORE_KEYS,
  SIGNED_WINNER_KEYS,
  STRENGTH_KEYS,
  TOOLS_KEYS,
  WINNER_KEYS,
} from '../fields/customary-keys.ts';
import type { FieldChoices } from '../fields/field-choices.ts';
import { customaryFields, fieldFormat } from '../fields/field-format.ts';
import { keyIn, pointers } from '../fields/keys-of.ts';
import { isObject } from '../json/exact-json.ts';

const FIELDS: FieldChoices = {
  group: pointers(GROUP_KEYS),
  id: pointers(ID_KEYS),
  prompt: pointers(PROMPT_KEYS),
  response: SIDE_KEYS.map((keys) => [...pointers(keys)]),
  winner: pointers([...WINNER_KEYS, ...SIGNED_WINNER_KEYS]),
  score: [...pointers(STRENGTH_KEYS), ...SIDE_SCORE_KEYS.map((keys) => [...pointers(keys)])],
  tools: pointers(TOOLS_KEYS),
  metadata: pointers(METADATA_KEYS),
};

/** Two answers and which of them was judged better, as people or models do in A/B tests. */
export const comparisons = fieldFormat({
  name: 'comparisons',
  generic: true,
  holds: 'answers',
  defaultScore: 'preference',
  scattered: false,
  fields: FIELDS,
  rules: { customary: customaryFields(FIELDS), signedWinners: pointers(SIGNED_WINNER_KEYS) },
  detect: ({ records }) => (records.length > 0 && records.every(isComparison) ? 'sure' : 'no'),
});

const isComparison = (record: unknown): boolean =>
  isObject(record) &&
  SIDE_KEYS.some((keys) => keys.every((key) => record[key] !== undefined)) &&
  [...WINNER_KEYS, ...SIGNED_WINNER_KEYS].some((key) => record[key] !== undefined) &&
  keyIn(record, ['chosen']) === undefined;

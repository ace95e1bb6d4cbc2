import {
  GROUP_KEYS,
  ID_KEYS,
  METADATA_KEYS,
  PROMPT_KEYS,
  RESPONSE_LIST_KEYS,
  SCORE_KEYS,
  SCORE_LIST_KEYS,
  TOOLS_KEYS,
} from '../fields/customary-keys.ts';
import type { FieldChoices } from '../fields/field-choices.ts';
import { customaryFields, fieldFormat } from '../fields/field-format.ts';
import { keyIn, pointers } from '../fields/keys-of.ts';
import { unwrapJson } from '../fields/unwrap-json.ts';
import { isObject } from '../json/exact-json.ts';

const FIELDS: FieldChoices = {
  group: pointers(GROUP_KEYS),
  id: pointers(ID_KEYS),
  prompt: pointers(PROMPT_KEYS),
  response: pointers(RESPONSE_LIST_KEYS),
  score: [{ reward: '/rewards' }, { score: '/scores' }, ...pointers(SCORE_KEYS)],
  tools: pointers(TOOLS_KEYS),
  metadata: pointers(METADATA_KEYS),
};

/** A prompt, a list of responses, and a list of their scores. */
export const scoredLists = fieldFormat({
  name: 'scored_lists',
  generic: true,
  holds: 'answers',
  defaultScore: undefined,
  scattered: false,
  fields: FIELDS,
  rules: { customary: customaryFields(FIELDS) },
  detect: ({ records }) => (records.length > 0 && records.every(isScoredList) ? 'sure' : 'no'),
});

const isScoredList = (record: unknown): boolean =>
  isObject(record) &&
  keyIn(record, PROMPT_KEYS) !== undefined &&
  isList(record[keyIn(record, RESPONSE_LIST_KEYS) ?? '']) &&
  isList(record[keyIn(record, SCORE_LIST_KEYS) ?? '']);

const isList = (found: unknown): boolean => Array.isArray(unwrapJson(found));

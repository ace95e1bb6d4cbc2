import { isMessageList } from '../dialects.ts';
import {
  ERROR_KEYS,
  GROUP_KEYS,
  ID_KEYS,
  INDEX_KEYS,
  MESSAGES_KEYS,
  METADATA_KEYS,
  PROMPT_KEYS,
  RESPONSE_KEYS,
  SCORE_KEYS,
  TOOLS_KEYS,
  TRUNCATED_KEYS,
  TURN_KEYS,
} from '../fields/customary-keys.ts';
import type { FieldChoices } from '../fields/field-choices.ts';
import { customaryFields, fieldFormat } from '../fields/field-format.ts';
import { findGroupKeys } from '../fields/group-keys.ts';
import { keyIn, pointers } from '../fields/keys-of.ts';
import { unwrapJson } from '../fields/unwrap-json.ts';
import { isObject, type JsonObject } from '../json/exact-json.ts';

const FIELDS: FieldChoices = {
  group: pointers(GROUP_KEYS),
  turn: pointers(TURN_KEYS),
  index: pointers(INDEX_KEYS),
  id: pointers(ID_KEYS),
  prompt: pointers(PROMPT_KEYS),
  response: pointers(RESPONSE_KEYS),
  messages: pointers(MESSAGES_KEYS),
  score: pointers([...SCORE_KEYS, 'rewards', 'scores']),
  tools: pointers(TOOLS_KEYS),
  error: pointers(ERROR_KEYS),
  truncated: pointers(TRUNCATED_KEYS),
  metadata: pointers(METADATA_KEYS),
};

/** One scored answer a record, in any order: messages, or a prompt and what came of it, with a reward. */
export const rollouts = fieldFormat({
  name: 'rollouts',
  generic: true,
  holds: 'conversations',
  defaultScore: 'reward',
  scattered: true,
  fields: FIELDS,
  rules: { customary: customaryFields(FIELDS) },
  detect: ({ records }) => (isSure(records) ? 'sure' : 'no'),
});

/** Where two keys say different things about what competes, a person must choose. */
const isSure = (records: readonly unknown[]): boolean =>
  records.length > 0 &&
  records.every(isRollout) &&
  records.some(hasAnswer) &&
  findGroupKeys(records).differing.length === 0;

const isRollout = (record: unknown): boolean =>
  isObject(record) &&
  !isCandidateLine(record) &&
  (hasScore(record) || isFailed(record)) &&
  (isAsked(record) || hasMessages(record));

const isAsked = (record: JsonObject): boolean => keyIn(record, PROMPT_KEYS) !== undefined;

/** A list of answers is no rollout. */
const hasAnswer = (record: unknown): boolean => {
  if (!isObject(record)) return false;
  const key = keyIn(record, RESPONSE_KEYS);
  if (key === undefined) return hasMessages(record);
  const response = record[key];
  return !Array.isArray(response) || isMessageList(response);
};

const hasMessages = (record: JsonObject): boolean => {
  const messages = unwrapJson(record[keyIn(record, MESSAGES_KEYS) ?? '']);
  return Array.isArray(messages) && isMessageList(messages);
};

const hasScore = (record: JsonObject): boolean =>
  [...SCORE_KEYS, 'rewards', 'scores'].some((key) => Object.hasOwn(record, key) && !Array.isArray(record[key]));

const isFailed = (record: JsonObject): boolean =>
  ERROR_KEYS.some((key) => isObject(record[key]) || typeof record[key] === 'string');

/** A line of the project's own plainest form, which has a format of its own. */
const isCandidateLine = (record: JsonObject): boolean =>
  ['example_id', 'turn_id', 'score', 'response'].filter((key) => record[key] !== undefined).length >= 3;

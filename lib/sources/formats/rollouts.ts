import { isMessageList } from '../dialects.ts';
import { KEYS } from '../fields/customary-keys.ts';
import { customaryFormat } from '../fields/field-format.ts';
import { findGroupKeys } from '../fields/group-keys.ts';
import { customary, keyIn, pointers } from '../fields/keys-of.ts';
import { unwrapJson } from '../fields/unwrap-json.ts';
import { isObject, type JsonObject } from '../json/exact-json.ts';
import { hasTellingKeys } from './candidates/candidate-line.ts';

const SCORES = [...KEYS.score, 'rewards', 'scores'];

/** One scored answer a record, in any order: messages, or a prompt and what came of it, with a reward. */
export const rollouts = customaryFormat({
  name: 'rollouts',
  holds: 'conversations',
  defaultScore: 'reward',
  scattered: true,
  fields: {
    ...customary('group', 'turn', 'index', 'id', 'prompt', 'response', 'messages'),
    ...customary('tools', 'error', 'truncated', 'metadata'),
    score: pointers(SCORES),
  },
  detect: ({ records }) => (isSure(records) ? 'sure' : 'no'),
});

/** Where two keys say different things about what competes, a person must choose. */
const isSure = (records: readonly unknown[]): boolean =>
  records.length > 0 &&
  records.every(isRollout) &&
  records.some(hasAnswer) &&
  findGroupKeys(records).differing.length === 0;

/** A candidate line has a format of its own. */
const isRollout = (record: unknown): boolean =>
  isObject(record) &&
  !hasTellingKeys(record) &&
  (hasScore(record) || isFailed(record)) &&
  (isAsked(record) || hasMessages(record));

const isAsked = (record: JsonObject): boolean => keyIn(record, KEYS.prompt) !== undefined;

/** A list of answers is no rollout. */
const hasAnswer = (record: unknown): boolean => {
  if (!isObject(record)) return false;
  const key = keyIn(record, KEYS.response);
  if (key === undefined) return hasMessages(record);
  const response = record[key];
  return !Array.isArray(response) || isMessageList(response);
};

const hasMessages = (record: JsonObject): boolean => {
  const messages = unwrapJson(record[keyIn(record, KEYS.messages) ?? '']);
  return Array.isArray(messages) && isMessageList(messages);
};

const hasScore = (record: JsonObject): boolean =>
  SCORES.some((key) => Object.hasOwn(record, key) && !Array.isArray(record[key]));

const isFailed = (record: JsonObject): boolean =>
  KEYS.error.some((key) => isObject(record[key]) || typeof record[key] === 'string');

import { isMessageList } from './dialects.ts';
import type { FieldMap } from './field-map.ts';
import { ALL_WINNER_KEYS, KEYS, SIDE_KEYS } from './fields/customary-keys.ts';
import { findGroupKeys } from './fields/group-keys.ts';
import { unwrapJson } from './fields/unwrap-json.ts';
import { isNumber, isObject } from './json/exact-json.ts';
import { type JsonPointer, pointerTo } from './json-pointer.ts';

export interface Proposal {
  /** Ready to paste as `source.format`, once what is missing is in it. */
  readonly map: FieldMap;
  /** What no key looks like: `prompt`, `response`, `score`. */
  readonly missing: readonly string[];
  /** What to look at before the map is used. */
  readonly notes: readonly string[];
}

/** A field map from the keys that the first records have, in the record or in objects within it. */
export function proposeFieldMap(records: readonly unknown[]): Proposal {
  const fields = fieldsOf(records);
  const entries = fields.find((field) => isEntryList(field));
  const inEntries = entries ? fieldsOf(entries.values.flat()) : [];
  const group = findGroupKeys(records);
  const nested =
    group.key === undefined ? named([...fields, ...inEntries], KEYS.group)?.pointer : pointerTo([group.key]);
  const answers = proposeAnswers(fields, entries, inEntries);
  // Entries with prompts of their own compete where they have the same.
  const own = nested ?? (inEntries.some(({ pointer }) => pointer === answers.prompt) ? answers.prompt : undefined);
  const optional = OPTIONAL.flatMap((name) => {
    const pointer = named([...inEntries, ...fields], KEYS[name])?.pointer;
    return pointer === undefined ? [] : [[name, pointer] as const];
  });
  const map: FieldMap = {
    ...answers,
    ...(own !== undefined && { group: own }),
    ...Object.fromEntries(optional),
  };
  return {
    map,
    missing: missingIn(map),
    notes: [
      ...group.differing.map((key) => `${group.key} and ${key} ${DIFFERENT_GROUPS}`),
      ...fields.filter(isPythonList).map(({ pointer }) => `${pointer} ${PYTHON_LIST}`),
    ],
  };
}

const DIFFERENT_GROUPS =
  'group the first records differently; source.format.group must be what all answers to one prompt share';

const PYTHON_LIST =
  "holds Python's notation of a list, as pandas writes it to CSV; write such a column with json.dumps, or the file as Parquet";

/** Single quotes are none of JSON's. */
const isPythonList = ({ values }: Field): boolean =>
  values.length > 0 && values.every((value) => typeof value === 'string' && /^\[\{?'/.test(value));

const OPTIONAL = ['turn', 'index', 'id', 'error', 'truncated', 'tools'] as const;

interface Field {
  readonly pointer: JsonPointer;
  /** As it compares: `taskId` is `task_id`. */
  readonly key: string;
  readonly depth: number;
  /** What records hold there, but nulls. */
  readonly values: readonly unknown[];
}

function proposeAnswers(fields: readonly Field[], entries: Field | undefined, inEntries: readonly Field[]): FieldMap {
  const [chosen, rejected] = [named(fields, KEYS.chosen), named(fields, KEYS.rejected)];
  const prompts = [...KEYS.prompt, ...OTHER_PROMPT_KEYS];
  const prompt = named(fields.filter(isAskable), prompts) ?? named(inEntries.filter(isAskable), prompts);
  const asked = prompt && { prompt: prompt.pointer };
  if (chosen && rejected) return { ...asked, chosen: chosen.pointer, rejected: rejected.pointer };
  const sides = SIDE_KEYS.map((keys) => keys.map((key) => named(fields, [key]))).find((both) => both.every(Boolean));
  const winner = named(fields, ALL_WINNER_KEYS);
  if (sides && winner)
    return { ...asked, response: sides.flatMap((side) => side?.pointer ?? []), winner: winner.pointer };
  const own = entries ? inEntries : fields.filter((field) => field !== prompt);
  const messages = own.find(isMessages) ?? named(own, KEYS.messages);
  const response = named(own, [...KEYS.response, ...KEYS.responseList, ...OTHER_RESPONSE_KEYS]);
  const score = named(own.filter(isScore), [...KEYS.score, ...KEYS.scoreList, ...OTHER_SCORE_KEYS]);
  return {
    ...(entries && { candidates: entries.pointer }),
    ...(response && prompt ? { prompt: prompt.pointer, response: response.pointer } : {}),
    ...(messages && !(response && prompt) ? { messages: messages.pointer } : {}),
    ...(score && { score: score.pointer }),
  };
}

/** Names that say little by themselves: among unknown keys they are the best guess. */
const OTHER_PROMPT_KEYS = ['user_prompt', 'request', 'task', 'user', 'inputs', 'prompt_text', 'question_text'];
const OTHER_RESPONSE_KEYS = [
  'answer',
  'prediction',
  'reply',
  'text',
  'content',
  'result',
  'solution',
  'model_response',
  'model_answer',
  'model_output',
];
const OTHER_SCORE_KEYS = [
  'rating',
  'grade',
  'quality',
  'value',
  'reward_score',
  'total_reward',
  'final_score',
  'accuracy',
  'correct',
];

function missingIn({ prompt, response, messages, chosen, rejected, winner, score }: FieldMap): readonly string[] {
  if (chosen !== undefined && rejected !== undefined) return [];
  const missing: string[] = [];
  if (messages === undefined && prompt === undefined) missing.push('prompt');
  if (messages === undefined && response === undefined) missing.push('response');
  if (score === undefined && winner === undefined) missing.push('score');
  return missing;
}

/** The first of the names that a field has; of several the one nearest to the top. */
const named = (fields: readonly Field[], names: readonly string[]): Field | undefined =>
  names
    .map((name) => fields.filter(({ key }) => key === name).toSorted((a, b) => a.depth - b.depth)[0])
    .find((field) => field !== undefined);

/** Objects within objects, three deep, in up to a hundred records and a thousand fields: the rest is of no customary shape. */
function fieldsOf(records: readonly unknown[]): readonly Field[] {
  const found = new Map<JsonPointer, Field & { readonly values: unknown[] }>();
  const visit = (value: unknown, path: readonly string[]): void => {
    for (const [key, inner] of isObject(value) ? Object.entries(value) : []) {
      const at = [...path, key];
      const pointer = pointerTo(at);
      const known = found.get(pointer);
      if (known) known.values.push(inner);
      else if (found.size < 1000)
        found.set(pointer, { pointer, key: snakeCase(key), depth: at.length, values: [inner] });
      if (at.length < 3) visit(inner, at);
    }
  };
  for (const record of records.slice(0, 100)) visit(record, []);
  return [...found.values()].map((field) => ({ ...field, values: field.values.filter((value) => value !== null) }));
}

const snakeCase = (key: string): string =>
  key
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replaceAll(/[\s-]+/g, '_')
    .toLowerCase();

const isAskable = ({ values }: Field): boolean =>
  values.some(
    (value) =>
      typeof value === 'string' ||
      (Array.isArray(value) && isMessageList(value)) ||
      (isObject(value) && typeof value.role === 'string'),
  );

const isMessages = ({ values }: Field): boolean => {
  const lists = values.map(unwrapJson);
  return lists.length > 0 && lists.every((value) => Array.isArray(value) && isMessageList(value));
};

/** A list of objects that are no messages, but say something: each may be an answer. */
const isEntryList = ({ values }: Field): boolean =>
  values.length > 0 &&
  values.every((value) => Array.isArray(value) && value.length > 0 && value.every(isObject) && !isMessageList(value)) &&
  fieldsOf(values.flat()).some((field) => isMessages(field) || ANSWER_KEYS.has(field.key));

const ANSWER_KEYS: ReadonlySet<string> = new Set([
  ...KEYS.response,
  ...KEYS.responseList,
  ...OTHER_RESPONSE_KEYS,
  ...KEYS.messages,
]);

const isScore = ({ values }: Field): boolean =>
  values.length > 0 &&
  values.every(
    (value) =>
      isNumberLike(value) ||
      (Array.isArray(value) && value.every(isNumberLike)) ||
      (isObject(value) && Object.values(value).some(isNumberLike)),
  );

const isNumberLike = (value: unknown): boolean =>
  isNumber(value) ||
  value === null ||
  (typeof value === 'string' && value.trim() !== '' && Number.isFinite(Number(value)));

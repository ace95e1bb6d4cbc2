import { KEYS } from '../fields/customary-keys.ts';
import { customaryFormat } from '../fields/field-format.ts';
import { customary, keyIn, pointers } from '../fields/keys-of.ts';
import { unwrapJson } from '../fields/unwrap-json.ts';
import { everyRecord } from '../source-format.ts';

/** A prompt, a list of responses, and a list of their scores. */
export const scoredLists = customaryFormat({
  name: 'scored_lists',
  holds: 'answers',
  scattered: false,
  fields: {
    ...customary('group', 'id', 'prompt', 'tools', 'metadata'),
    response: pointers(KEYS.responseList),
    score: [{ reward: '/rewards' }, { score: '/scores' }, ...pointers(KEYS.score)],
  },
  detect: everyRecord(
    (record) =>
      keyIn(record, KEYS.prompt) !== undefined &&
      [KEYS.responseList, KEYS.scoreList].every((keys) => Array.isArray(unwrapJson(record[keyIn(record, keys) ?? '']))),
  ),
});

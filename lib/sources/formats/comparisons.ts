import { ALL_WINNER_KEYS, KEYS, SIDE_KEYS, SIDE_SCORE_KEYS } from '../fields/customary-keys.ts';
import { customaryFormat } from '../fields/field-format.ts';
import { customary, keyIn, pointers } from '../fields/keys-of.ts';
import { everyRecord } from '../source-format.ts';

/** Two answers and which of them was judged better, as people or models do in A/B tests. */
export const comparisons = customaryFormat({
  name: 'comparisons',
  holds: 'answers',
  defaultScore: 'preference',
  scattered: false,
  fields: {
    ...customary('group', 'id', 'prompt', 'tools', 'metadata'),
    response: SIDE_KEYS.map(pointers),
    winner: pointers(ALL_WINNER_KEYS),
    score: [...pointers(KEYS.strength), ...SIDE_SCORE_KEYS.map(pointers)],
  },
  rules: { signedWinners: pointers(KEYS.signedWinner) },
  detect: everyRecord(
    (record) =>
      SIDE_KEYS.some((keys) => keys.every((key) => record[key] !== undefined)) &&
      ALL_WINNER_KEYS.some((key) => record[key] !== undefined) &&
      keyIn(record, ['chosen']) === undefined,
  ),
});

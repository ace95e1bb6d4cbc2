import { describe, expect, test } from 'vitest';
import { runText } from '../support/run.ts';

/** One turn of two candidates for each two scores; what of them is paired, and why the others are not. */
async function pairScores(twos: readonly (readonly [number, number])[], builder: object) {
  const lines = twos.flatMap(([better, worse], at) =>
    [better, worse].map((score, candidate_index) => ({
      ...{ example_id: `e${at}`, turn_id: 't', candidate_index, score },
      ...{ prompt: `Q${at}`, response: `A${candidate_index}` },
    })),
  );
  const text = lines.map((line) => `${JSON.stringify(line)}\n`).join('');
  const { totals } = await runText(text, { key: 'a.jsonl', builder, limits: { allow_empty: true } });
  const { total_pairs, skipped_tie, skipped_score_diff } = totals;
  return { total_pairs, skipped_tie, skipped_score_diff };
}

/** Equal but for the last digits of a double. */
const EQUAL = [
  [0.1 + 0.2, 0.3],
  [1, 1 - 1e-10],
  [-0.3, -(0.1 + 0.2)],
  [1e15 + 1, 1e15],
  [1e308 * (1 + 1e-12), 1e308],
  [5e-324, 5e-324],
] as const;
/** Differences of exactly 0.1 to whoever wrote the scores. */
const A_TENTH = [
  [0.3, 0.2],
  [0.9, 0.8],
  [85.3, 85.2],
  [-0.2, -0.3],
] as const;

describe('strict compares scores with a relative tolerance of 1e-9', () => {
  test('closer scores are ties', async () => {
    expect(await pairScores(EQUAL, {})).toEqual({
      ...{ total_pairs: 0, skipped_tie: EQUAL.length, skipped_score_diff: 0 },
    });
  });

  test('a margin that is the least but for its last digits is kept', async () => {
    expect(A_TENTH.every(([better, worse]) => better - worse < 0.1)).toBe(true);
    expect((await pairScores(A_TENTH, { min_score_diff: 0.1 })).total_pairs).toBe(A_TENTH.length);
  });

  test('larger differences count, however small the scores', async () => {
    const apart = [
      [1, 1 - 1e-8],
      [1e-12, 0],
      [1e-300, 9e-301],
    ] as const;
    expect((await pairScores(apart, {})).total_pairs).toBe(apart.length);
    const below = [[0.3, 0.2 + 1e-8]] as const;
    expect((await pairScores(below, { min_score_diff: 0.1 })).skipped_score_diff).toBe(1);
  });
});

test('nat compares exactly', async () => {
  const nat = { compatibility: 'nat' };
  const unequal = EQUAL.filter(([better, worse]) => better !== worse);
  expect((await pairScores(unequal, nat)).total_pairs).toBe(unequal.length);
  expect((await pairScores(A_TENTH, { ...nat, min_score_diff: 0.1 })).total_pairs).toBe(0);
});

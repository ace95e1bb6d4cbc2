import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { noCounts } from '../../lib/contract/counters.ts';
import { Gate } from '../../lib/contract/dataset.ts';
import { scales } from '../../lib/datasets/balance.ts';
import { passGate } from '../../lib/datasets/gate.ts';
import { GateMissed } from '../../lib/errors.ts';
import { exported, group } from './collections.ts';

describe('balance', () => {
  test('tells how long the chosen are against the rejected', () => {
    const balance = scales(0);
    for (const [chosenLength, rejectedLength] of [
      [30, 10],
      [20, 20],
      [10, 12],
      [40, 2],
    ] as const) {
      balance.weigh({ chosenLength, rejectedLength, margin: 1 });
    }
    const { length } = balance.facts();
    expect(length).toMatchObject({ mean_chosen: 25, mean_rejected: 11, longer_chosen_rate: 2 / 3 });
    // Variances 125 and 41.
    expect(length?.cohens_d).toBeCloseTo(14 / Math.sqrt(83), 12);
  });

  test('has exact percentiles and a histogram of all margins, in any order', () => {
    const margin = fc.double({ min: 0, max: 100, noNaN: true });
    fc.assert(
      fc.property(fc.array(margin, { minLength: 1, maxLength: 60 }), (margins) => {
        const factsOf = (order: readonly number[]) => {
          const balance = scales(0);
          for (const one of order) balance.weigh({ chosenLength: 1, rejectedLength: 1, margin: one });
          return balance.facts();
        };
        const facts = factsOf(margins);
        const sorted = margins.toSorted((a, b) => a - b);
        expect(facts.margin?.p50).toBe(sorted[Math.ceil(sorted.length / 2) - 1]);
        expect(facts.margin?.max).toBe(sorted.at(-1));
        expect(facts.margin?.histogram.reduce((sum, count) => sum + count, 0)).toBe(margins.length);
        expect(factsOf(margins.toReversed())).toEqual(facts);
      }),
    );
  });

  test('counts pairs per example and per turn, of what is in the dataset', async () => {
    const pairs = [
      { turn: 't1', chosen: '1' },
      { turn: 't1', chosen: '2' },
      { turn: 't2', chosen: '3' },
      { turn: 't2', chosen: '3' },
    ];
    const groups = [group('a_rep0', pairs), group('a_rep1', [{ chosen: '4' }], { offset: 1 }), group('b', [{}])];
    const { result } = await exported(groups, { formats: ['trl'], validation_fraction: 0 });
    expect(result.selections.whole?.balance).toMatchObject({
      pairs_per_example: { min: 1, median: 1, mean: 2.5, max: 4 },
      pairs_per_turn: { min: 1, median: 1, mean: 1.25, max: 2 },
    });
  });

  test('has nothing to tell of an empty collection', async () => {
    const { result } = await exported([], { formats: [] });
    expect(result.selections.whole?.balance).toEqual({
      length: null,
      margin: null,
      pairs_per_example: null,
      pairs_per_turn: null,
    });
    expect(result.warnings).toEqual(['No pair is left for the datasets (whole prompts).']);
  });

  test('tells which trace items gave no pair, and why', async () => {
    const totals = { ...noCounts(), total_items: 10, items_without_candidates: 3, rejected_items: { bad_json: 1 } };
    const groups = [0, 1, 2, 3].map((offset) => group(`e${offset}`, [{ prompt: String(offset) }], { offset }));
    const { result } = await exported(groups, {}, { totals });
    expect(result.items_without_pairs).toEqual({
      items: 10,
      share: 0.6,
      rejected_items: 1,
      without_candidates: 3,
      without_pairs: 2,
    });
  });
});

describe('the quality gate', () => {
  const totals = { ...noCounts(), matching_steps: 10, rejected_candidates: { empty_response: 3 } };
  const made = async (gate: unknown) => {
    const pairs = [{ chosen: 'longer' }, { chosen: 'much longer' }, { chosen: 'x' }];
    const { facts } = await exported([group('a', pairs)], { formats: ['trl'] });
    return () => passGate(Gate.parse(gate), facts, totals, 'runs/run/choice/facts.json');
  };

  test.each([
    [{ min_pairs: 4 }, 'min_pairs is 4, found 3'],
    [{ min_examples: 2 }, 'min_examples is 2, found 1'],
    [{ max_longer_chosen_rate: 0.5 }, 'max_longer_chosen_rate is 0.5, found 0.6667'],
    [{ max_rejected_fraction: 0.2 }, 'max_rejected_fraction is 0.2, found 0.3'],
  ])('%j: the failure says what was asked, what was found, and where to read on', async (gate, said) => {
    const attempt = await made(gate);
    expect(attempt).toThrow(GateMissed);
    expect(attempt).toThrow(said);
    expect(attempt).toThrow('runs/run/choice/facts.json');
  });

  test('names every threshold missed', async () => {
    const attempt = await made({ min_pairs: 4, min_examples: 2 });
    expect(attempt).toThrow('min_pairs is 4, found 3 (trl); min_examples is 2, found 1 (trl)');
  });

  test('counts what the format writes, not what was selected', async () => {
    const untrainable = Array.from({ length: 5 }, (_, n) => ({ prompt: `User: ${n}`, chosen: `${n}` }));
    const { facts } = await exported([group('a', untrainable)], { formats: ['amazon_nova'] });
    const attempt = () => passGate(Gate.parse({ min_pairs: 5 }), facts, totals, 'facts.json');
    expect(attempt).toThrow('min_pairs is 5, found 0 (amazon_nova)');
  });

  test('lets pass what meets its thresholds, and anything where there are none', async () => {
    const met = { min_pairs: 3, min_examples: 1, max_longer_chosen_rate: 0.7, max_rejected_fraction: 0.3 };
    expect(await made(met)).not.toThrow();
    expect(await made({})).not.toThrow();
  });
});

test('a curriculum puts the groups with the largest mean reward first, in buckets of even numbers of groups', async () => {
  const margins = [1, 5, 3, 3, 2];
  const groups = margins.map((margin, offset) =>
    group(
      `e${offset}`,
      [
        { prompt: `${offset}a`, margin: margin + 1 },
        { prompt: `${offset}b`, margin: margin - 1 },
      ],
      {
        offset,
      },
    ),
  );
  const dataset = { formats: ['trl'], validation_fraction: 0, curriculum: { buckets: 3 } };
  const { result, files } = await exported(groups, dataset);
  const prompts = (bucket: number) =>
    [...(files.get(`trl/train-${bucket}-of-3.jsonl`) ?? '').matchAll(/"role":"user","content":"(\w+)"/g)].map(
      ([, prompt]) => prompt,
    );
  expect(prompts(1)).toHaveLength(4);
  expect(prompts(1)).toEqual(expect.arrayContaining(['1a', '1b']));
  expect(prompts(2)).toHaveLength(4);
  expect(prompts(3)).toEqual(['0a', '0b']);
  expect(result.formats.trl?.files.map(({ file, bucket }) => [file, bucket])).toEqual([
    ['train-1-of-3.jsonl', 1],
    ['train-2-of-3.jsonl', 2],
    ['train-3-of-3.jsonl', 3],
    ['README.md', null],
  ]);
});

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { histogram } from '../../lib/report/histogram.ts';
import { ReportSample } from '../../lib/report/input.ts';
import { reportSample } from '../../lib/report/sample.ts';
import { groupOf, ticTacToe } from './fixture.ts';

const sampleOf = (groups: readonly ReturnType<typeof groupOf>[]) => {
  const sampler = reportSample();
  for (const group of groups) sampler.add(group);
  return ReportSample.parse(sampler.sample());
};

const many = (groups: number) =>
  Array.from({ length: groups }, (_, group) =>
    groupOf(
      `example-${group}`,
      Array.from({ length: 5 }, (_pair, index) => ({
        chosen: 'c'.repeat((group * 7 + index) % 90),
        rejected: 'r'.repeat((group * 13 + index) % 70),
        margin: ((group * 31 + index * 17) % 997) / 1000,
        offset: group,
      })),
    ),
  );

test('counts every pair of the collection, and samples a bounded number', () => {
  const sample = sampleOf(many(600));
  expect(sample.pairs).toBe(3000);
  expect(sample.groups).toBe(600);
  expect(sample.margins.reduce((sum, { count }) => sum + count, 0)).toBe(3000);
  expect(sample.lengths.chosen_longer + sample.lengths.rejected_longer + sample.lengths.equal).toBe(3000);
  expect(sample.sampled_pairs.length).toBeLessThanOrEqual(240);
  expect(sample.lengths.sample).toHaveLength(800);
  expect(sample.curriculum).toHaveLength(300);
});

test('takes the same sample whatever order the groups come in', () => {
  const groups = many(200);
  fc.assert(
    fc.property(fc.shuffledSubarray(groups, { minLength: groups.length }), (shuffled) => {
      const [one, other] = [sampleOf(groups), sampleOf(shuffled)];
      // A mean of means may round differently in another order; it is shown to four digits.
      expect(other.lengths.chosen_mean).toBeCloseTo(one.lengths.chosen_mean ?? Number.NaN, 9);
      expect(other).toEqual(one);
    }),
    { numRuns: 5 },
  );
});

test('holds the widest, the narrowest and the longest pairs there are', () => {
  const groups = many(300);
  const { sampled_pairs: pairs } = sampleOf(groups);
  const margins = groups
    .flatMap(({ trajectories }) => trajectories.map(({ metadata }) => metadata.score_diff))
    .sort((a, b) => a - b);
  const of = (kind: 'widest' | 'narrowest' | 'longest' | 'random') => pairs.filter(({ kinds }) => kinds.includes(kind));
  expect(
    of('narrowest')
      .map(({ margin }) => margin)
      .sort((a, b) => a - b),
  ).toEqual(margins.slice(0, 60));
  expect(
    of('widest')
      .map(({ margin }) => margin)
      .sort((a, b) => a - b),
  ).toEqual(margins.slice(-60));
  expect(of('random')).toHaveLength(60);
  const lengths = groups.flatMap(({ trajectories }) =>
    trajectories.map(
      ({ episode }) => String(episode[0].chosen_response).length + String(episode[0].rejected_response).length,
    ),
  );
  expect(Math.max(...of('longest').map(({ chosen, rejected }) => chosen.length + rejected.length))).toBe(
    Math.max(...lengths),
  );
});

test('orders the examples by mean reward, the highest first, and counts the candidates of a turn', () => {
  const sample = sampleOf(ticTacToe());
  const means = sample.curriculum.map(({ mean }) => mean);
  expect(means).toEqual([...means].sort((a, b) => b - a));
  expect(sample.turns_by_candidates).toEqual([{ candidates: 4, turns: 25 }]);
});

test('cuts long texts visibly and keeps the end of a long prompt', () => {
  const long = 'x'.repeat(5999) + '😀'.repeat(10);
  const prompt = Array.from({ length: 100 }, (_, index) => ({ role: 'user', content: `${index} ${'y'.repeat(300)}` }));
  const [pair] = sampleOf([groupOf('e', [{ prompt, chosen: long, rejected: 'short' }])]).sampled_pairs;
  expect(pair?.chosen).toEqual({ text: 'x'.repeat(5999), length: long.length });
  expect(pair?.rejected).toEqual({ text: 'short', length: 5 });
  expect(pair?.prompt.at(-1)?.body.text).toMatch(/^99 /);
  expect((pair?.prompt.length ?? 0) + (pair?.earlier_messages ?? 0)).toBe(100);
});

test('shows a message that is more than text: its content, then its other keys', () => {
  const calls = [{ id: 'c', function: { name: 'look', arguments: '{}' } }];
  const prompt = [{ role: 'assistant', content: null, tool_calls: calls }];
  const [pair] = sampleOf([groupOf('e', [{ prompt, chosen: 'a', rejected: 'b' }])]).sampled_pairs;
  expect(JSON.parse(pair?.prompt[0]?.body.text ?? '')).toEqual({ tool_calls: calls });
});

test('bins whole decimals where they belong, in at most 25 round bins and one for what lies far out', () => {
  const margins = histogram({ whole: false });
  for (let step = 0; step <= 100; step++) margins.add(step / 100);
  const bins = margins.bins();
  expect(bins.map(({ from }) => from).slice(0, 4)).toEqual([0, 0.05, 0.1, 0.15]);
  expect(bins.every(({ count }, index) => count === (index === bins.length - 1 ? 1 : 5))).toBe(true);
  for (let more = 0; more < 1000; more++) margins.add(0.5);
  margins.add(1e9);
  expect(margins.bins().at(-1)).toEqual({ from: 1, to: null, count: 2 });
});

test('has every value in one bin, for any values', () => {
  fc.assert(
    fc.property(fc.array(fc.double({ min: 0, noNaN: true })), fc.boolean(), (values, whole) => {
      const counted = histogram({ whole });
      for (const value of values) counted.add(value);
      const bins = counted.bins();
      expect(bins.reduce((sum, { count }) => sum + count, 0)).toBe(values.length);
      expect(bins.length).toBeLessThanOrEqual(27);
    }),
  );
});

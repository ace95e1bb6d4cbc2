import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Group } from '../../lib/contract/trajectory.ts';
import { histogram } from '../../lib/report/histogram.ts';
import type { ReportSample } from '../../lib/report/input.ts';
import { mergeSamples } from '../../lib/report/merge-samples.ts';
import { pickShards } from '../../lib/report/pick-shards.ts';
import { openShardSample } from '../../lib/report/shard-sample.ts';
import { groupOf, type PairParts, pairedGroup, sampleOf, ticTacToe } from './fixture.ts';

const EXHAUSTIVE = { exhaustive_pairs: true, reward_from_score_diff: true };

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

/** The groups in shards that begin at these places. */
const cutAt = (groups: readonly Group[], places: readonly number[]): Group[][] => {
  const edges = [0, ...places.toSorted((a, b) => a - b), groups.length];
  return edges.slice(1).map((end, index) => groups.slice(edges[index], end));
};

test('counts every pair of the collection, and samples a bounded number', async () => {
  const sample = await sampleOf([many(600)]);
  expect(sample.pairs).toBe(3000);
  expect(sample.groups).toBe(600);
  expect(sample.margins.reduce((sum, { count }) => sum + count, 0)).toBe(3000);
  expect(sample.lengths.chosen_longer + sample.lengths.rejected_longer + sample.lengths.equal).toBe(3000);
  expect(sample.sampled_pairs.length).toBeLessThanOrEqual(240);
  expect(sample.lengths.sample).toHaveLength(800);
  expect(sample.curriculum).toHaveLength(300);
});

/** A pair's number is its place in the collection, which follows the groups. */
const withoutNumbers = ({ sampled_pairs, ...sample }: ReportSample) => ({
  ...sample,
  sampled_pairs: sampled_pairs.map(({ number: _, ...pair }) => pair),
});

test('takes the same sample whatever order the groups come in', async () => {
  const groups = many(200);
  await fc.assert(
    fc.asyncProperty(fc.shuffledSubarray(groups, { minLength: groups.length }), async (shuffled) => {
      expect(withoutNumbers(await sampleOf([shuffled]))).toEqual(withoutNumbers(await sampleOf([groups])));
    }),
    { numRuns: 5 },
  );
});

test('takes the same sample for any shards, where there is more of everything than a sample holds', async () => {
  const groups = many(400);
  const whole = await sampleOf([groups]);
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat(groups.length), { maxLength: 12 }), async (places) => {
      expect(await sampleOf(cutAt(groups, places))).toEqual(whole);
    }),
    { numRuns: 10 },
  );
});

/** Few values, so that many pairs rank alike. */
const pair: fc.Arbitrary<PairParts> = fc.record({
  turn: fc.constantFrom('a', 'b'),
  prompt: fc.oneof(fc.string(), fc.array(fc.record({ role: fc.string(), content: fc.string() }), { maxLength: 3 })),
  chosen: fc.string({ unit: 'grapheme', maxLength: 4 }),
  rejected: fc.string({ unit: 'binary', maxLength: 4 }),
  margin: fc.oneof(fc.constantFrom(0, 0.25, 1), fc.double({ min: 0, max: Number.MAX_VALUE, noNaN: true })),
});
const someGroups = fc
  .array(fc.record({ example: fc.constantFrom('x', 'y'), pairs: fc.array(pair, { minLength: 1, maxLength: 6 }) }), {
    maxLength: 50,
  })
  .map((drawn) =>
    drawn.map(({ example, pairs }, offset) =>
      groupOf(
        example,
        pairs.map((one) => ({ ...one, offset })),
      ),
    ),
  );

test('takes the same sample for any groups in any shards', async () => {
  await fc.assert(
    fc.asyncProperty(someGroups, fc.array(fc.nat(50), { maxLength: 6 }), async (groups, places) => {
      expect(await sampleOf(cutAt(groups, places))).toEqual(await sampleOf([groups]));
    }),
    { numRuns: 50 },
  );
});

test('holds the widest, the narrowest and the longest pairs there are', async () => {
  const groups = many(300);
  const { sampled_pairs: pairs } = await sampleOf([groups]);
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
  expect(Math.max(...of('longest').map(({ chosen_length, rejected_length }) => chosen_length + rejected_length))).toBe(
    Math.max(...lengths),
  );
});

test('orders the examples by mean reward, the highest first, and counts the candidates of a turn', async () => {
  const sample = await sampleOf([ticTacToe()]);
  const means = sample.curriculum.map(({ mean }) => mean);
  expect(means).toEqual([...means].sort((a, b) => b - a));
  expect(sample.turns_by_candidates).toEqual([{ candidates: 4, turns: 25 }]);
});

test('cuts long texts visibly and keeps the end of a long prompt', async () => {
  const long = 'x'.repeat(5999) + '😀'.repeat(10);
  const prompt = Array.from({ length: 100 }, (_, index) => ({ role: 'user', content: `${index} ${'y'.repeat(300)}` }));
  const [pair] = (await sampleOf([[groupOf('e', [{ prompt, chosen: long, rejected: 'short' }])]])).sampled_pairs;
  expect(pair?.chosen).toEqual([{ role: '', parts: [{ label: '', text: 'x'.repeat(5999), length: long.length }] }]);
  expect(pair?.rejected).toEqual([{ role: '', parts: [{ label: '', text: 'short', length: 5 }] }]);
  expect(pair).toMatchObject({ chosen_length: long.length, rejected_length: 5 });
  expect(pair?.prompt.at(-1)?.parts[0]?.text).toMatch(/^99 /);
  expect((pair?.prompt.length ?? 0) + (pair?.earlier_messages ?? 0)).toBe(100);
});

test('shows a message in parts: reasoning, content, each call with its arguments, and its other fields', async () => {
  const calls = [
    { id: 'c1', type: 'function', function: { name: 'look', arguments: '{"at":1}' } },
    { function: { name: 'go', arguments: { to: 'a' } } },
    'broken',
  ];
  const prompt = [
    {
      role: 'user',
      content: [
        { type: 'text', text: 'See:' },
        { type: 'image_url', image_url: 'i.png' },
      ],
    },
    { role: 'assistant', content: '', reasoning_content: 'Hm.', tool_calls: calls },
    { role: 'tool', content: 'a wall', tool_call_id: 'c1' },
  ];
  const [pair] = (await sampleOf([[groupOf('e', [{ prompt, chosen: 'a', rejected: 'b' }])]])).sampled_pairs;
  expect(pair?.prompt.map(({ role, parts }) => [role, parts.map(({ label, text }) => [label, text])])).toEqual([
    [
      'user',
      [
        ['', 'See:'],
        ['image_url', JSON.stringify({ type: 'image_url', image_url: 'i.png' }, null, 2)],
      ],
    ],
    [
      'assistant',
      [
        ['reasoning', 'Hm.'],
        ['calls look (c1)', '{"at":1}'],
        ['calls go', '{\n  "to": "a"\n}'],
        ['tool call', 'broken'],
      ],
    ],
    [
      'tool',
      [
        ['', 'a wall'],
        ['tool_call_id', 'c1'],
      ],
    ],
  ]);
});

test('keeps of a conversation as an answer its first messages, and says how many more there are', async () => {
  const chosen = Array.from({ length: 100 }, (_, index) => ({
    role: index % 2 ? 'tool' : 'assistant',
    content: `${index}`,
  }));
  const groups = [groupOf('e', [{ chosen: 'a', rejected: 'b' }])];
  for (const trajectory of groups[0]?.trajectories ?? []) trajectory.episode[0].chosen_response = chosen;
  const [pair] = (await sampleOf([groups])).sampled_pairs;
  expect(pair?.chosen).toHaveLength(41);
  expect(pair?.chosen.at(-1)).toEqual({ role: '60 more', parts: [] });
  expect(pair?.chosen[1]).toEqual({ role: 'tool', parts: [{ label: '', text: '1', length: 1 }] });
});

test('numbers the pairs by their place in the collection, whatever the shards', async () => {
  const groups = many(12);
  const margins = groups.flatMap(({ trajectories }) => trajectories.map(({ metadata }) => metadata.score_diff));
  for (const places of [[], [3, 3, 7]]) {
    const { sampled_pairs } = await sampleOf(cutAt(groups, places));
    expect(sampled_pairs.map(({ number, margin }) => [number, margin]).sort(([a = 0], [b = 0]) => a - b)).toEqual(
      margins.map((margin, index) => [index + 1, margin]),
    );
  }
});

test('sums margins and scores up by source, those of an archive together, and by turn', async () => {
  const groups = [
    groupOf('a', [
      { key: 'one.zip!/x.jsonl', chosen: 'long', rejected: 'no', margin: 0.5 },
      { key: 'one.zip!/y.jsonl', chosen: 'no', rejected: 'long', margin: 0.25 },
    ]),
    groupOf('b', [{ key: 'two.jsonl', chosen: 'same', rejected: 'size', margin: 1 }]),
  ];
  const sample = await sampleOf([groups]);
  expect(sample.sources).toEqual([
    {
      ...{ key: 'one.zip', pairs: 2, mean_margin: 0.375, least_margin: 0.25, greatest_margin: 0.5 },
      ...{ mean_chosen: 0.375, mean_rejected: 0 },
    },
    {
      ...{ key: 'two.jsonl', pairs: 1, mean_margin: 1, least_margin: 1, greatest_margin: 1 },
      ...{ mean_chosen: 1, mean_rejected: 0 },
    },
  ]);
  expect(sample.turns).toEqual([
    { turn: 1, pairs: 2, mean_margin: 0.75, chosen_longer: 1, rejected_longer: 0 },
    { turn: 2, pairs: 1, mean_margin: 0.25, chosen_longer: 0, rejected_longer: 1 },
  ]);
  expect(sample.curriculum[0]).toMatchObject({ example_id: 'b', mean_margin: 1, mean_chosen: 1, mean_rejected: 0 });
});

test('keeps of many sources the same ones whatever the shards, each with the sums of all its pairs', async () => {
  const groups = Array.from({ length: 400 }, (_, index) =>
    groupOf(`${index}`, [
      { key: `${index % 130}.jsonl`, chosen: 'a', rejected: 'b', margin: index / 8, offset: index },
    ]),
  );
  const whole = await sampleOf([groups]);
  expect(whole.sources).toHaveLength(50);
  for (const { key, pairs } of whole.sources) expect(pairs).toBe(Number.parseInt(key, 10) < 10 ? 4 : 3);
  for (const places of [[7], [130, 260], [50, 51, 390]]) {
    expect((await sampleOf(cutAt(groups, places))).sources).toEqual(whole.sources);
  }
});

test('tells thirty turns of an example apart, and takes those that follow together', async () => {
  const parts = Array.from({ length: 40 }, (_, index) => ({ chosen: 'a', rejected: 'b', margin: index }));
  const { turns } = await sampleOf([[groupOf('e', parts)]]);
  expect(turns).toHaveLength(30);
  expect(turns.at(-1)).toMatchObject({ turn: 30, pairs: 11, mean_margin: 34 });
});

test('counts all candidates of a turn of which only the best and the worst are paired', async () => {
  const group = groupOf('e', [{ chosen: 'a', rejected: 'b' }]);
  for (const { metadata } of group.trajectories) metadata.num_candidates = 7;
  const sample = await sampleOf([[group]], { builder: { ...EXHAUSTIVE, exhaustive_pairs: false } });
  expect(sample.turns_by_candidates).toEqual([{ candidates: 7, turns: 1 }]);
});

test('shows the chosen score as the reward where it is', async () => {
  const groups = [groupOf('e', [{ chosen: 'a', rejected: 'b', margin: 0.5 }])];
  for (const { metadata } of groups[0]?.trajectories ?? []) metadata.chosen_score = 3;
  const sample = await sampleOf([groups], { builder: { ...EXHAUSTIVE, reward_from_score_diff: false } });
  expect(sample.sampled_pairs).toMatchObject([{ reward: 3, margin: 0.5 }]);
  expect(sample.curriculum).toMatchObject([{ mean: 3 }]);
});

test('reads all pairs of one shard at once, and of several only those that rank first', async () => {
  const reads: (readonly [ordinal: number, bytes: number])[] = [];
  const read = (ordinal: number, bytes: number) => reads.push([ordinal, bytes]);
  await sampleOf([many(300)], { read });
  expect(reads).toHaveLength(1);
  const allOfOne = reads[0]?.[1] ?? 0;
  reads.length = 0;
  const { sampled_pairs } = await sampleOf(cutAt(many(300), [50, 100, 150, 200, 250]), { read });
  expect(new Set(reads.map(([ordinal]) => ordinal)).size).toBe(6);
  expect(reads.length).toBeLessThan(sampled_pairs.length);
  expect(reads.reduce((sum, [, bytes]) => sum + bytes, 0)).toBe(allOfOne);
});

test('has at most 32 reads under way', async () => {
  const sampler = openShardSample(EXHAUSTIVE);
  for (const group of many(300)) sampler.addGroup(pairedGroup(group));
  const { sample } = sampler.end();
  // As if other lines were between those that rank first.
  const apart = {
    ...sample,
    sampled_pairs: sample.sampled_pairs.map((one, index) => ({ ...one, start: 10 * index, end: 10 * index + 5 })),
  };
  const [shown] = (await sampleOf([many(1)])).sampled_pairs;
  if (!shown) throw new Error('a group has pairs');
  const { kinds: _, number: __, fates: ___, ...text } = shown;
  let [underWay, most] = [0, 0];
  await mergeSamples([{ ordinal: 0, first: 0, sample: apart }], async () => {
    most = Math.max(most, ++underWay);
    await Promise.resolve();
    underWay -= 1;
    return [text];
  });
  expect(most).toBe(32);
});

test('refuses sampled pairs that are cut short', async () => {
  const sampler = openShardSample(EXHAUSTIVE);
  sampler.addGroup(pairedGroup(groupOf('e', [{ chosen: 'a', rejected: 'b' }])));
  const merged = mergeSamples([{ ordinal: 3, first: 0, sample: sampler.end().sample }], async () => []);
  await expect(merged).rejects.toMatchObject({
    name: 'CorruptObject',
    message: expect.stringContaining('Shard 3 has 0 '),
  });
});

test('makes few excerpts, even where each pair is narrower than those before it', () => {
  const texts = { turn: 't', chosen: 'c'.repeat(4000), rejected: 'r'.repeat(4000) };
  const pairs = Array.from({ length: 2000 }, (_, index) => ({ ...texts, margin: 1 - index / 2000 }));
  const { turns, ...group } = pairedGroup(groupOf('e', pairs));
  let excerpts = 0;
  const prompt = { json: '', value: () => `${++excerpts}` };
  const counted = turns.map((turn) => turn.map((one) => ({ ...one, chosen: { ...one.chosen, prompt } })));
  const sampler = openShardSample(EXHAUSTIVE);
  sampler.addGroup({ ...group, turns: counted });
  expect(sampler.end().lines.length).toBeLessThanOrEqual(240);
  // Of 16 MB of text, those that are kept after each four.
  expect(excerpts).toBeLessThan(600);
});

test('looks at all of a few shards, and at 32 of many, evenly spaced', () => {
  expect(pickShards(0)).toEqual([]);
  expect(pickShards(3)).toEqual([0, 1, 2]);
  expect(pickShards(64)).toEqual(Array.from({ length: 32 }, (_, index) => 2 * index));
  fc.assert(
    fc.property(fc.integer({ min: 33, max: 1_000_000 }), (shards) => {
      const picked = pickShards(shards);
      const gaps = picked.map((ordinal, index) => (picked[index + 1] ?? shards) - ordinal);
      expect(picked).toHaveLength(32);
      expect(Math.max(...gaps) - Math.min(...gaps)).toBeLessThanOrEqual(1);
    }),
  );
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
      expect(bins.every(({ from, to }) => Number.isFinite(from) && (to === null || Number.isFinite(to)))).toBe(true);
    }),
  );
});

test('keeps the same values of a histogram as of the values that another one kept of them', () => {
  fc.assert(
    fc.property(fc.array(fc.double({ min: 0, noNaN: true })), (values) => {
      const [counted, merged] = [histogram({ whole: false }), histogram({ whole: false })];
      for (const value of values) counted.add(value);
      merged.addKept(counted.kept());
      expect(merged.kept()).toEqual(counted.kept());
      for (const [value] of counted.kept()) expect(String(value)).not.toMatch(/NaN|Infinity/);
    }),
  );
});

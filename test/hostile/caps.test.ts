import { constants } from 'node:buffer';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { LONGEST_LINE, LONGEST_PAIR } from '../../lib/contract/longest-line.ts';
import { Limits } from '../../lib/contract/request.ts';
import { Rejected } from '../../lib/contract/trajectory.ts';
import { runKeys } from '../../lib/objects/keys.ts';
import { readLines } from '../../lib/objects/stored-json.ts';
import { MAX_RATIO } from '../../lib/sources/containers/gunzip.ts';
import { MAX_DEPTH, MAX_ITEM_BYTES } from '../../lib/sources/record.ts';
import { MAX_VALUES } from '../../lib/sources/value-cap.ts';
import { memoryStore } from '../support/memory-store.ts';
import { memoryDeps, runSteps } from '../support/run.ts';
import { requireEveryPairCounted } from './invariants.ts';
import { buildMade, type Parts } from './made-objects.ts';

const candidate = (score: number) =>
  `{"payload":{"event_type":"TTC_END","name":"dpo_candidate_move","data":{"turn_id":"t","score":${score},"input":"p","output":"a${score}"}}}`;
const candidates = (count: number) => Array.from({ length: count }, (_, score) => candidate(score)).join(',');
const good = (id: number) => `{"id":${id},"intermediate_steps":[${candidates(2)}]}`;

/** What stands between two good items as `before` and `after`, each unit so many times. */
const between = (...parts: readonly (readonly [string, number])[]): Parts => [
  [Buffer.from(`${good(1)}\n`), 1],
  ...parts.map(([unit, times]) => [Buffer.from(unit), times] as const),
  [Buffer.from(`\n${good(2)}\n`), 1],
];

async function losses(parts: Parts, settings: object = {}, pairs = 2): Promise<readonly string[]> {
  const collections = memoryStore('collections');
  const { counters, rejected: lost } = await buildMade(parts, collections, settings);
  expect(counters.total_pairs).toBe(pairs);
  requireEveryPairCounted(counters);
  const key = runKeys('run').shard(0).rejected;
  // A shard that loses nothing has no such file.
  expect(collections.objects.has(key)).toBe(lost.lines > 0);
  const rejected = lost.lines > 0 ? await Array.fromAsync(readLines(collections, key, Rejected)) : [];
  expect(counters.rejected_items).toEqual(
    Object.fromEntries(
      Map.groupBy(rejected, ({ reason }) => reason)
        .entries()
        .map(([reason, all]) => [reason, all.length]),
    ),
  );
  return rejected.map(({ reason, detail }) => `${reason}: ${detail}`);
}

test('a line of more than 64 MiB is too_large, and costs its neighbours nothing', async () => {
  const parts = between(['{"id":3,"x":"', 1], ['a', MAX_ITEM_BYTES], ['"}', 1]);
  expect(await losses(parts)).toEqual([expect.stringMatching(/^too_large: .*67108864 bytes; drop steps/)]);
});

test('an element of more than 64 MiB is too_large, and costs its neighbours nothing', async () => {
  const indented = [`[\n  ${good(1)},\n  {"id":3,"x":"`, 'a', `"},\n  ${good(2)}\n]\n`].map((text) =>
    Buffer.from(text),
  );
  const parts: Parts = indented.map((unit) => [unit, unit.length === 1 ? MAX_ITEM_BYTES : 1]);
  expect(await losses(parts)).toEqual([expect.stringMatching(/^too_large: /)]);
});

test('elements on one line of more than 64 MiB are read one by one', async () => {
  // So much that the line is taken for one of several.
  const first = `[\n  {"id":3,"x":"${'a'.repeat(5_000)}","intermediate_steps":[]}`;
  const parts: Parts = [
    [Buffer.from(`${first},${good(1)}`), 1],
    [Buffer.from(`,{"id":4,"x":"${'a'.repeat(60_000)}","intermediate_steps":[]}`), 1_200],
    [Buffer.from(`,{"id":5,"x":undefined},${good(2)}]\n`), 1],
  ];
  expect(await losses(parts)).toEqual([expect.stringMatching(/^invalid_json: /)]);
});

test('candidate lines of one example that have more than 64 MiB together are too_large', async () => {
  const line = (size: number): [string, number][] => [
    ['{"example_id":3,"turn_id":"t","score":1,"response":"', 1],
    ['a', size],
    ['"}\n', 1],
  ];
  const half = MAX_ITEM_BYTES / 2;
  expect(await losses(between(...line(half), ...line(half)))).toEqual([
    expect.stringMatching(/^too_large: the lines of one example .* give each example its own example_id$/),
  ]);
});

test.each([
  [MAX_DEPTH, []],
  [MAX_DEPTH + 1, [`too_deep: it nests deeper than ${MAX_DEPTH} levels`]],
])('of %i levels %j is said', async (levels, said) => {
  // The item is a level of its own.
  const nested = '['.repeat(levels - 1) + ']'.repeat(levels - 1);
  expect(await losses(between([`{"id":3,"x":${nested}}`, 1]))).toEqual(said);
});

test('more than four million values are too_many_values before any is parsed, wherever they stand', async () => {
  const inMetadata =
    '{"id":4,"intermediate_steps":[{"payload":{"event_type":"TTC_END","name":"dpo_candidate_move","metadata":[';
  const said = expect.stringMatching(/^too_many_values: it holds more than 4000000 values; drop steps/);
  for (const [opening, closing] of [
    ['{"id":3,"x":[', ']}'],
    ['{"id":3.0,"x":[', ']}'],
    ['{"id":3,"x":', ''],
    ['{"example_id":3,"turn_id":"t","score":1,"response":[', ']}'],
    [inMetadata, ']}}]}'],
  ] as const) {
    expect(await losses(between([opening, 1], ['[],', MAX_VALUES / 2], [`0${closing}`, 1]))).toEqual([said]);
  }
});

test('values are counted past text that looks like them', async () => {
  const parts = between(['{"id":3,"x":"', 1], ['[{,\\\\\\"', MAX_VALUES], ['"}', 1]);
  expect(await losses(parts)).toEqual([]);
});

/** An item of one turn for each number of candidates, each with an answer of so many bytes more. */
const turns = (sizes: readonly number[], answer = ''): string => {
  const steps = sizes.flatMap((size, turn) =>
    Array.from({ length: size }, (_, at) =>
      candidate(at).replace('"turn_id":"t"', `"turn_id":"${turn}"`).replace('"output":"a', `"output":"${answer}`),
    ),
  );
  return `{"id":3,"intermediate_steps":[${steps}]}`;
};

test.each<[string, string, object, string]>([
  [
    'a turn of more pairs than a turn may have',
    turns([708]),
    {},
    'a turn of it makes 250278 pairs, more than limits.max_turn_pairs (250000)',
  ],
  ['a turn of many more', turns([100_000]), {}, 'a turn of it makes 4999950000 pairs'],
  [
    'turns of more pairs than an example may have',
    turns([700, 700, 700]),
    {},
    'it makes 733950 pairs, more than limits.max_example_pairs (500000)',
  ],
  ['a turn whose pairs are long', turns([100], 'x'.repeat(20_000)), {}, 'more than limits.max_turn_bytes (134217728)'],
  [
    'turns whose pairs are long together',
    turns([70, 70, 70], 'x'.repeat(20_000)),
    {},
    'more than limits.max_example_bytes (268435456)',
  ],
  [
    'an id that each of its pairs repeats',
    turns([200]).replace('"id":3', `"id":"${'i'.repeat(50_000)}"`),
    {},
    'limits.max_turn_bytes',
  ],
  [
    'a turn past the limit that the request sets',
    turns([10]),
    { max_turn_pairs: 44 },
    'a turn of it makes 45 pairs, more than limits.max_turn_pairs (44)',
  ],
])('%s is too_many_pairs, and costs its neighbours nothing', async (_, item, limits, said) => {
  const [loss, ...others] = await losses(between([item, 1]), { limits });
  expect(loss).toMatch(/^too_many_pairs: .*: keep the widest with builder\.max_pairs_per_turn, or set /);
  expect(loss).toContain(said);
  expect(others).toEqual([]);
});

test.each(['strict', 'nat'])(
  'in %s max_pairs_per_turn keeps the widest pairs of a turn too large for all of them',
  async (compatibility) => {
    const item = turns([1_500, 100_000]);
    const builder = { compatibility, max_pairs_per_turn: 2 };
    expect(await losses(between([item, 1]), { builder }, 2 + 2 * 2)).toEqual([]);
  },
);

test('no limit of pairs is beyond what a line may have', () => {
  expect(() => Limits.parse({ max_example_bytes: 2 ** 29 })).toThrow();
  expect(LONGEST_LINE).toBeLessThan(constants.MAX_STRING_LENGTH);
  expect(4 * LONGEST_PAIR).toBeLessThan(constants.MAX_STRING_LENGTH);
});

test('a pair whose JSON is too long for a line of a dataset stays in the collection, and is left out by name', async () => {
  // A control character is six bytes of JSON. CSV has it as one.
  const answer = '\u0001'.repeat(9_000_000);
  const rows = ['prompt,chosen,rejected', 'p,a,b', `q,c${answer},d${answer}`];
  const traces = memoryStore('traces');
  traces.objects.set('a.csv', Buffer.from(`${rows.join('\n')}\n`));
  const run = await runSteps(
    { source: { traces: { bucket: 'traces', prefix: '' } }, dataset: { formats: ['trl', 'trl_kto'] } },
    memoryDeps(traces),
  );
  expect(run.totals.total_pairs).toBe(2);
  expect(run.manifest.formats).toMatchObject({
    trl: { lines: 1, left_out: { too_large: 1 } },
    trl_kto: { lines: 2, left_out: { too_large: 1 } },
  });
});

test('a loss does not repeat an id of a megabyte', async () => {
  const refused = '{"payload":{"event_type":"TTC_END","name":"dpo_candidate_move"}}';
  const id = 'i'.repeat(1_000_000);
  const collections = memoryStore('collections');
  await buildMade(between([`{"id":"${id}","intermediate_steps":[${Array(1_000).fill(refused)}]}`, 1]), collections);
  const lost = collections.objects.get(runKeys('run').shard(0).rejected);
  expect(lost?.length).toBeLessThan(2_000_000);
  expect(lost?.toString()).toContain(`"${'i'.repeat(1_000)}…"`);
});

test('a gzip bomb ends by its name, early, and its neighbours in it and in other objects are kept', async () => {
  const traces = memoryStore('traces');
  traces.objects.set('a.jsonl', Buffer.from(`${good(1)}\n`));
  // 10 MB that inflate to 10 GB.
  const bomb = [gzipSync(`${good(2)}\n`), ...Array.from({ length: 640 }, () => ZEROS)];
  traces.objects.set('b.jsonl.gz', Buffer.concat(bomb));
  traces.objects.set('c.jsonl.gz', gzipSync(`${good(3)}\n`));
  let read = 0;
  const counting = {
    ...traces,
    read: async function* (...asked: Parameters<typeof traces.read>) {
      for await (const chunk of traces.read(...asked)) {
        if (asked[0] === 'b.jsonl.gz') read += chunk.length;
        yield chunk;
      }
    },
  };
  const run = await runSteps(
    {
      source: { traces: { bucket: 'traces', prefix: '' } },
      limits: { max_rejected_fraction: 1, allow_incomplete: true },
    },
    memoryDeps(counting),
  );
  expect(run.groups.map(({ example_id }) => example_id)).toEqual(['1', '2', '3']);
  expect(run.losses.map(({ key, reason }) => `${key} ${reason}`)).toEqual([
    'b.jsonl.gz too_large',
    'b.jsonl.gz gzip_bomb',
  ]);
  expect(run.losses[1]?.detail).toContain(`more than ${MAX_RATIO} times its size`);
  expect(run.totals.bytes).toBeLessThan(2 * MAX_ITEM_BYTES);
  // 64 MiB of zeros come out of 64 KiB.
  expect(read).toBeLessThan(300_000);
});

const ZEROS = gzipSync(Buffer.alloc(16 * 2 ** 20));

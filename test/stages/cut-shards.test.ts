import { describe, expect, test } from 'vitest';
import { type Shard, Shards } from '../../lib/contract/plan.ts';
import { runKeys } from '../../lib/objects/keys.ts';
import type { ObjectStore } from '../../lib/objects/store.ts';
import { readJson } from '../../lib/objects/stored-json.ts';
import { HEAD_BYTES } from '../../lib/sources/containers/sniff.ts';
import { evaluate } from '../../lib/stages/evaluate.ts';
import { memoryStore } from '../support/memory-store.ts';
import { memoryDeps, runText } from '../support/run.ts';
import { forms } from '../support/trace-arbitraries.ts';

const items = Array.from({ length: 40 }, (_, id) => ({ id, question: `${id} `.repeat(100), intermediate_steps: [] }));
const LARGE = {
  'a.json': forms["NAT's indented array"](items),
  'b.jsonl': forms['JSON lines'](items),
  'c.json': forms['a compact array'](items),
  'd.json': Buffer.from(JSON.stringify(items, null, 1).replace(/^ +/gm, '')),
  'e.jsonl.gz': forms['gzipped JSON lines'](items),
};

/** The plan's shards, and how many bytes of the traces were read for them. */
async function planned(objects: Readonly<Record<string, Buffer>>, settings: object = {}, shard_bytes = 1024) {
  const traces = memoryStore('traces', 512);
  for (const [key, bytes] of Object.entries(objects)) traces.objects.set(`t/${key}`, bytes);
  let read = 0;
  const counted: ObjectStore = {
    ...traces,
    async *read(key, options) {
      for await (const piece of traces.read(key, options)) {
        read += piece.length;
        yield piece;
      }
    },
  };
  const collections = memoryStore('collections');
  // Of traces that are not named, or whose format is not, first bytes are read to find out what they are.
  const named = Object.keys(objects).map((key) => ({ bucket: 'traces', key: `t/${key}` }));
  const source = { traces: named, format: 'nat', ...('cut' in settings ? settings : {}) };
  const builder = 'compatibility' in settings ? settings : {};
  await evaluate(
    { execution: 'run', input: { run_id: 'run', source, builder, limits: { shard_bytes } } },
    memoryDeps(counted, collections),
  );
  return { shards: await readJson(collections, runKeys('run').plan, Shards), read };
}

const slicesOf = (shards: readonly Shard[], key: string) =>
  shards.flatMap(({ slices }) => slices).filter((slice) => slice.key === `t/${key}`);

test('JSON lines and indented arrays are cut every so many bytes, anything else not at all', async () => {
  const { shards } = await planned(LARGE);
  for (const [key, cut] of [
    ['a.json', { cut: 'array', indentation: '  ' }],
    ['b.jsonl', { cut: 'lines' }],
  ] as const) {
    const { length } = LARGE[key];
    expect(slicesOf(shards, key)).toMatchObject(
      Array.from({ length: Math.ceil(length / 1024) }, (_, at) => ({
        ...cut,
        start: 1024 * at,
        end: Math.min(1024 * (at + 1), length),
      })),
    );
  }
  for (const key of ['c.json', 'd.json', 'e.jsonl.gz'] as const) {
    expect(slicesOf(shards, key)).toMatchObject([{ cut: null, start: 0, end: LARGE[key].length }]);
  }
});

test('of each large object the first bytes are read, and of a small one none', async () => {
  const large = Buffer.from(JSON.stringify(Array.from({ length: 50 }, () => items).flat(), null, 2));
  const { read } = await planned({ 'a.json': large, 'b.json': large, 'c.json': Buffer.from('[]') }, {}, 4096);
  expect(read).toBe(2 * HEAD_BYTES);
});

describe.each([{ cut: false }, { compatibility: 'nat' }])('with %j', (settings) => {
  test('each object stays whole, and none is looked at', async () => {
    const { shards, read } = await planned(LARGE, settings);
    expect(shards.map(({ slices }) => slices.map(({ key, cut, start }) => [key, cut, start]))).toEqual(
      Object.keys(LARGE).map((key) => [[`t/${key}`, null, 0]]),
    );
    expect(read).toBe(0);
  });

  test('small objects are still several to a shard', async () => {
    const small = Object.fromEntries(Array.from({ length: 6 }, (_, number) => [`${number}.json`, Buffer.alloc(400)]));
    const { shards } = await planned(small, settings);
    expect(shards.map(({ slices }) => slices.length)).toEqual([2, 2, 2]);
  });
});

describe('an array that only looks indented', () => {
  const steps = [0.9, 0.1].map((score) => ({
    payload: {
      event_type: 'TTC_END',
      name: 'dpo_candidate_move',
      UUID: `u${score}`,
      data: { turn_id: 't', score, input: 'p', output: `${score}` },
    },
  }));
  const array = JSON.stringify(
    Array.from({ length: 20 }, (_, id) => ({ id, intermediate_steps: steps })),
    null,
    2,
  ).replaceAll('\n      {', '\n  {');
  const limits = { shard_bytes: 1024 };

  test('fails the run by name where it is cut, with the way out', async () => {
    await expect(runText(array, { limits })).rejects.toThrow(
      expect.objectContaining({
        name: 'ArrayNotIndented',
        message: expect.stringMatching(
          /^traces\.json: the element at byte \d+ has a line inside .* Set source\.cut to false/,
        ),
      }),
    );
  });

  test('is read by one task where it is not', async () => {
    const whole = await runText(array, { limits, cut: false });
    expect(whole.totals).toMatchObject({ total_items: 20, total_pairs: 20, rejected_items: {} });
    expect((await runText(array)).collection).toBe(whole.collection);
  });
});

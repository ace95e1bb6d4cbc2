import { readFileSync } from 'node:fs';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { memoryStore } from '../support/memory-store.ts';
import { memoryDeps, runSteps } from '../support/run.ts';
import { archiveOf } from '../support/zip-archive.ts';

/*
 * A file that ends before its content does fails the run by its name and by how much could be read, in every container, by
 * both readers, cut and whole; with `limits.allow_incomplete` what can be read is used, and the rest is a counted loss.
 */

const step = (output: string, score: number) => ({
  payload: {
    ...{ event_type: 'TTC_END', name: 'dpo_candidate_move', UUID: `${output}-${score}`, metadata: {} },
    data: { turn_id: 't', candidate_index: 0, score, input: `Ask ${output}`, output: `${output} ${score}` },
  },
});
/** NAT's trace items: read by the fast reader. */
const items = Array.from({ length: 20 }, (_, id) => ({
  id: `e${id}`,
  intermediate_steps: [step(`é ${id}`, 1), step(`é ${id}`, 0)],
}));
/** Rollouts: read as records, two a group. */
const rollouts = Array.from({ length: 40 }, (_, at) => ({
  task_id: `t${at >> 1}`,
  prompt: `Q${at >> 1}`,
  response: `é ${at}`,
  reward: at % 2,
}));

const lines = (records: readonly object[]) => records.map((record) => `${JSON.stringify(record)}\n`).join('');
const indented = (records: readonly object[]) => JSON.stringify(records, null, 2);
const table = (records: readonly object[]) =>
  [Object.keys(records[0] ?? {}).join(','), ...records.map((record) => Object.values(record).join(','))]
    .map((row) => `${row}\n`)
    .join('');
const short = (text: string | Buffer, bytes: number): Buffer => Buffer.from(text).subarray(0, -bytes);
const PARQUET = readFileSync(new URL('../golden/tables/rollouts.parquet', import.meta.url));

/** In the middle of the last é. */
function withinCharacter(text: string): Buffer {
  const bytes = Buffer.from(text);
  return bytes.subarray(0, bytes.lastIndexOf(0xa9));
}

const BROKEN: readonly (readonly [string, Buffer, RegExp])[] = [
  ...([items, rollouts] as const).flatMap((records) => {
    const kind = records === items ? "NAT's items" : 'rollouts';
    const broken: readonly (readonly [string, Buffer, RegExp])[] = [
      [
        'an indented array without its end',
        short(indented(records), 2),
        /before the array's closing "\]" \(truncated\)/,
      ],
      ['an indented array that ends inside an element', short(indented(records), 30), /ends inside this item/],
      ['a compact array without its end', short(JSON.stringify(records), 1), /before the array's closing "\]"/],
      ['a compact array that ends inside an element', short(JSON.stringify(records), 30), /ends inside this item/],
      ['text behind an indented array', Buffer.from(`${indented(records)}\n{"id": 1}\n`), /more text after the array/],
      ['text behind a compact array', Buffer.from(`${JSON.stringify(records)} Done.`), /more text after the array/],
      ['half a last line', short(lines(records), 10), /ends inside this line/],
      ['a last line that ends inside a character', withinCharacter(lines(records)), /ends inside this line/],
      ['gzip that stops', short(gzipSync(lines(records)), 20), /gzip stream is damaged or cut off/],
      ['gzip whose checksum is missing', short(gzipSync(indented(records)), 4), /gzip stream is damaged or cut off/],
      [
        'a second member of gzip that stops',
        Buffer.concat([gzipSync(lines(records)), short(gzipSync(lines(records)), 9)]),
        /gzip stream is damaged or cut off/,
      ],
      [
        'text behind gzip',
        Buffer.concat([gzipSync(lines(records)), Buffer.from('Done.')]),
        /gzip stream is damaged or cut off/,
      ],
      ['half a last line in gzip', gzipSync(short(lines(records), 10)), /ends inside this line/],
      ['zstd that stops', short(zstdCompressSync(lines(records)), 20), /zstd stream is damaged or cut off/],
      ['an array without its end in zstd', zstdCompressSync(short(indented(records), 2)), /before the array's closing/],
      [
        'an archive with an entry that stops',
        archiveOf([{ name: 'a.json', text: short(indented(records), 2) }]),
        /before the array's closing/,
      ],
    ];
    return broken.map(([name, bytes, why]) => [`${kind}: ${name}`, bytes, why] as const);
  }),
  ['a table that ends inside its last row', short(table(rollouts), 4), /ends inside this row/],
  ['a table that ends inside a quoted cell', Buffer.from(`${table(rollouts)}t1,Q1,"half`), /ends inside a quoted cell/],
  [
    'one JSON document',
    short(JSON.stringify({ a: { b: 1 }, list: rollouts }, null, 1), 3),
    /ends inside its JSON value/,
  ],
  [
    'an archive without its directory',
    short(archiveOf([{ text: Buffer.from(lines(rollouts)) }]), 30),
    /directory cannot be read/,
  ],
  [
    'an archive with an archive in it',
    archiveOf([
      { name: 'a.jsonl', text: Buffer.from(lines(rollouts)) },
      { name: 'b.jsonl.gz', text: gzipSync(lines(rollouts)) },
    ]),
    /another container \(gzip\); extract that/,
  ],
  [
    "NAT's items, compressed twice",
    gzipSync(gzipSync(lines(items))),
    /it is compressed twice; decompress it once \(nested_container\)/,
  ],
  ['text that is compressed twice', gzipSync(gzipSync(lines(rollouts))), /another container \(gzip\); extract that/],
  ['a Parquet file without its footer', short(PARQUET, 100), /footer cannot be read/],
];

/** A whole file is beside the broken one, so that its loss is far below any fraction. */
async function runBeside(bytes: Buffer, name: string, limits: object) {
  const traces = memoryStore('traces');
  const isNat = name.startsWith('NAT');
  await traces.create('x/whole.jsonl', Buffer.from(lines(isNat ? items : rollouts)));
  await traces.create('x/broken.json', bytes);
  const source = { traces: { bucket: 'traces', prefix: 'x/' } };
  return runSteps({ source, limits: { max_rejected_fraction: 1, ...limits } }, memoryDeps(traces));
}

describe.each(BROKEN)('%s', (name, bytes, why) => {
  test.each([1024, 1 << 30])('fails the run by name, with shards of %d bytes', async (shard_bytes) => {
    const run = runBeside(bytes, name, { shard_bytes });
    await expect(run).rejects.toMatchObject({ name: 'IncompleteInput', message: expect.stringMatching(why) });
    await expect(run).rejects.toThrow(
      /^x\/broken\.json(?:!\/\S+)? is incomplete: .*(?:It can be read up to|No part of it)/,
    );
    await expect(run).rejects.toThrow('set limits.allow_incomplete to true');
  });

  test('is a counted loss and a warning where the request allows it', async () => {
    const { losses, manifest, totals } = await runBeside(bytes, name, { allow_incomplete: true, shard_bytes: 1024 });
    expect(losses.filter(({ key }) => key.startsWith('x/broken.json')).length).toBeGreaterThan(0);
    expect(manifest.warnings.join(' ')).toMatch(/x\/broken\.json(?:!\/\S+)? is incomplete/);
    expect(totals.total_pairs).toBeGreaterThanOrEqual(20);
  });
});

test('the message names every incomplete file, and says of each shard size the same', async () => {
  const traces = memoryStore('traces');
  for (const name of ['a', 'b', 'c']) await traces.create(`${name}.json`, short(indented(items), 2));
  const run = (shard_bytes: number) =>
    runSteps(
      { source: { traces: { bucket: 'traces', prefix: '' } }, limits: { shard_bytes } },
      memoryDeps(traces),
    ).catch(({ message }) => message);
  expect(await run(1 << 30)).toMatch(/^a\.json is incomplete: .* Also incomplete: b\.json, c\.json\./);
  expect(await run(1024)).toBe(await run(1 << 30));
});

describe.each([
  ["NAT's items", items.slice(0, 10), items.slice(10)],
  ['rollouts', rollouts.slice(0, 20), rollouts.slice(20)],
] as const)('%s that were joined are read whole:', (_, first, second) => {
  const array = (records: readonly object[]) => JSON.stringify(records);
  test.each<[string, Buffer]>([
    ['indented arrays', Buffer.from(indented(first) + indented(second))],
    ['indented arrays, a line each between them', Buffer.from(`${indented(first)}\n\n${indented(second)}\n`)],
    ['compact arrays', Buffer.from(array(first) + array(second))],
    ['a compact array behind an indented one', Buffer.from(`${indented(first)}\n${array(second)}`)],
    ['an indented array behind a compact one', Buffer.from(`${array(first)}\n${indented(second)}`)],
    ['arrays of other indentation', Buffer.from(`${indented(first)}\n${JSON.stringify(second, null, 4)}`)],
    ['members of gzip', Buffer.concat([gzipSync(lines(first)), gzipSync(lines(second))])],
    ['members of gzip that are arrays', Buffer.concat([gzipSync(indented(first)), gzipSync(array(second))])],
    [
      'members of gzip, filled up with zeros',
      Buffer.concat([gzipSync(array(first)), gzipSync(array(second)), Buffer.alloc(99)]),
    ],
    ['frames of zstd', Buffer.concat([zstdCompressSync(lines(first)), zstdCompressSync(lines(second))])],
    [
      'frames of zstd that are arrays',
      Buffer.concat([zstdCompressSync(array(first)), zstdCompressSync(indented(second))]),
    ],
  ])('%s', async (name, bytes) => {
    for (const shard_bytes of [1024, 1 << 30]) {
      const traces = memoryStore('traces');
      await traces.create('joined.json', bytes);
      const source = { traces: { bucket: 'traces', key: 'joined.json' } };
      const { totals, losses } = await runSteps({ source, limits: { shard_bytes } }, memoryDeps(traces));
      expect(losses, name).toEqual([]);
      expect(totals).toMatchObject({ total_items: first.length + second.length, total_pairs: 20 });
    }
  });
});

import { readFileSync } from 'node:fs';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import type { ContainerName } from '../../../lib/contract/container-name.ts';
import { type ContainerSpan, isIncomplete, type PinnedObject } from '../../../lib/sources/containers/container.ts';
import { CONTAINERS, readCompressed } from '../../../lib/sources/containers/containers.ts';
import { detectContainer } from '../../../lib/sources/containers/detect.ts';
import { gunzip } from '../../../lib/sources/containers/gunzip.ts';
import { valueReader } from '../../../lib/sources/containers/json-value.ts';
import { itemsOf, pinnedBytes, reasonsOf } from '../../support/pinned-bytes.ts';

const golden = (name: string) => readFileSync(new URL(`../../golden/containers/${name}`, import.meta.url));
const records = Array.from({ length: 30 }, (_, id) => ({ id: String(id), text: `é "${'x'.repeat(id)}"\n` }));
const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`;

/** The same records in every container that is text. */
const texts = {
  lines: records.map((record) => `${JSON.stringify(record)}\n`).join(''),
  array: JSON.stringify(records, undefined, 1),
  csv: `id,text\n${records.map(({ id, text }) => `${id},${quoted(text)}\r\n`).join('')}`,
  tsv: `id\ttext\n${records.map(({ id, text }) => `${id}\t${quoted(text)}\n`).join('')}`,
};

const read = (name: ContainerName, object: PinnedObject, range = { start: 0, end: object.bytes }) =>
  Array.fromAsync(CONTAINERS[name].read(object, range, valueReader));

describe.each(Object.entries(texts))('records as %s', (name, text) => {
  test.each([
    ['plain', Buffer.from(text), name],
    ['in gzip', gzipSync(text), 'gzip'],
    ['in zstd', zstdCompressSync(text), 'zstd'],
  ] as const)('%s, are told by their bytes and read', async (_, bytes, container) => {
    const object = pinnedBytes(bytes, 50);
    expect(detectContainer(bytes)).toEqual({ container });
    const spans = await read(container as ContainerName, object);
    expect(itemsOf(spans)).toEqual(records);
    expect(reasonsOf(spans)).toEqual([]);
  });

  test('cut short under compression, give what came out whole, and then the reason', async () => {
    for (const [compress, container] of [
      [gzipSync, 'gzip'],
      [zstdCompressSync, 'zstd'],
    ] as const) {
      const whole = Buffer.concat([compress(text), compress('\n'.repeat(1000))]);
      const spans = await read(container, pinnedBytes(whole.subarray(0, whole.length - 3)));
      expect(itemsOf(spans)).toEqual(records);
      const last = spans.at(-1);
      expect(last).toMatchObject({ rejected: { reason: `broken_${container}` } });
      expect(last && 'rejected' in last && isIncomplete(last.rejected.reason)).toBe(true);
    }
  });
});

test('a text under compression can be named, too', async () => {
  const object = pinnedBytes(gzipSync('prompt\nhello\n'));
  const told = await Array.fromAsync(readCompressed(object, gunzip, valueReader));
  expect(reasonsOf(told)).toEqual(['unknown_container']);
  const named = await Array.fromAsync(readCompressed(object, gunzip, valueReader, 'csv'));
  expect(itemsOf(named)).toEqual([{ prompt: 'hello' }]);
});

test('a container in a compressed stream is rejected by name', async () => {
  const spans = await read('gzip', pinnedBytes(gzipSync(golden('types-none.parquet'))));
  expect(spans).toMatchObject([{ rejected: { reason: 'nested_container', detail: expect.stringMatching(/parquet/) } }]);
  expect(reasonsOf(await read('zstd', pinnedBytes(zstdCompressSync(gzipSync('{}')))))).toEqual(['nested_container']);
});

describe('one JSON value over lines', () => {
  test('is one record, with its digits, its NaN and its mark', async () => {
    const text = '\ufeff {\n  "id": 9007199254740993,\n  "scores": [0.5, NaN]\n}\n\n';
    const spans = await read('json', pinnedBytes(Buffer.from(text)));
    expect(spans).toMatchObject([{ offset: 4, bytes: Buffer.byteLength(text) - 6 }]);
    expect(JSON.stringify(itemsOf(spans))).toBe('[{"id":9007199254740993,"scores":[0.5,null]}]');
  });

  test('that ends early is named so; one that is broken is not', async () => {
    expect(reasonsOf(await read('json', pinnedBytes(Buffer.from('{\n "a": [1,'))))).toEqual(['truncated']);
    expect(reasonsOf(await read('json', pinnedBytes(Buffer.from('{\n "a": 1 2}'))))).toEqual(['invalid_json']);
  });
});

test.each([
  ['lines', Buffer.from(texts.lines)],
  ['array', Buffer.from(texts.array)],
  ['parquet', golden('types-gzip.parquet')],
  ['zip', golden('zstd.zip')],
] as const)('slices of %s give together what the whole gives, wherever it is cut', async (name, bytes) => {
  const object = pinnedBytes(bytes, 100);
  const whole = await read(name, object);
  for (const every of [1, 100, 1500, bytes.length]) {
    const { cuts } = CONTAINERS[name];
    const anywhere = Array.from({ length: Math.floor((bytes.length - 1) / every) }, (_, at) => (at + 1) * every);
    const found = typeof cuts === 'function' ? await Array.fromAsync(cuts(object, every)) : anywhere;
    const inside = found.filter((cut) => cut < bytes.length);
    const starts = every === 1 ? [0, ...inside.filter((_, at) => at % 7 === 0)] : [0, ...inside];
    const slices: unknown[] = [];
    for (const [at, start] of starts.entries()) {
      slices.push(...(await read(name, object, { start, end: starts[at + 1] ?? bytes.length })));
    }
    expect(slices).toEqual(whole);
  }
});

test('an array whose lines show no elements is not cut', async () => {
  const bytes = Buffer.from(JSON.stringify(records));
  const { cuts } = CONTAINERS.array;
  expect(typeof cuts === 'function' && (await Array.fromAsync(cuts(pinnedBytes(bytes), 100)))).toEqual([]);
  await expect(read('array', pinnedBytes(bytes), { start: 100, end: 200 })).rejects.toThrow(
    'object: only a whole array',
  );
});

test('every container that is read whole reads an empty object as nothing, or says that it is broken', async () => {
  for (const name of Object.keys(CONTAINERS) as ContainerName[]) {
    const spans: readonly ContainerSpan<unknown>[] = await read(name, pinnedBytes(Buffer.alloc(0)));
    for (const span of spans) expect('rejected' in span && isIncomplete(span.rejected.reason)).toBe(true);
  }
});

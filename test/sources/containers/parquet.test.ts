import { readFileSync } from 'node:fs';
import { rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import type { PinnedObject } from '../../../lib/sources/containers/container.ts';
import { valueReader } from '../../../lib/sources/containers/json-value.ts';
import { parquet } from '../../../lib/sources/containers/parquet.ts';
import { itemsOf, pinnedBytes, reasonsOf } from '../../support/pinned-bytes.ts';

const golden = (name: string) => readFileSync(new URL(`../../golden/containers/${name}`, import.meta.url));
/** Numbers as they are written: those past 2^53 differ only there. */
const expectedOf = (name: string): string[] =>
  golden(name)
    .toString()
    .trim()
    .split('\n')
    .map((line) => {
      const read = valueReader.fromJson(Buffer.from(line));
      return 'item' in read ? JSON.stringify(read.item) : line;
    });

const read = (object: PinnedObject, range = { start: 0, end: object.bytes }) =>
  Array.fromAsync(parquet.read(object, range, valueReader));
const cutsOf = async (object: PinnedObject, every: number): Promise<number[]> =>
  typeof parquet.cuts === 'function' ? Array.fromAsync(parquet.cuts(object, every)) : [];

describe('a table of every type gives the rows that Python has', () => {
  test.each(['none', 'snappy', 'gzip', 'brotli', 'zstd', 'lz4', 'v2', 'deltas'])(
    'as pyarrow writes it: %s',
    async (kind) => {
      const spans = await read(pinnedBytes(golden(`types-${kind}.parquet`), 1000));
      expect(itemsOf(spans).map((item) => JSON.stringify(item))).toEqual(expectedOf('types.expected.jsonl'));
      expect(spans.map(({ row }) => row)).toEqual(spans.map((_, row) => row));
    },
  );

  test.each(['fastparquet', 'duckdb'])('as %s writes it', async (writer) => {
    const spans = await read(pinnedBytes(golden(`plain-${writer}.parquet`)));
    expect(itemsOf(spans).map((item) => JSON.stringify(item))).toEqual(expectedOf('plain.expected.jsonl'));
  });
});

describe('slices', () => {
  const object = pinnedBytes(golden('types-zstd.parquet'));

  test('are row groups, and give together what the file gives', async () => {
    const whole = await read(object);
    const cuts = await cutsOf(object, 1);
    expect(cuts).toHaveLength(2);
    const starts = [0, ...cuts];
    const slices = await Promise.all(
      starts.map((start, at) => read(object, { start, end: starts[at + 1] ?? object.bytes })),
    );
    expect(slices.map((spans) => spans.length)).toEqual([5, 5, 2]);
    expect(slices.flat()).toEqual(whole);
    expect(await cutsOf(object, object.bytes)).toEqual([]);
  });

  test('read the bytes of their own groups, and the footer', async () => {
    const opened: [number, number | undefined][] = [];
    const watched = {
      key: 'object',
      bytes: object.bytes,
      open(start: number, end?: number) {
        opened.push([start, end]);
        return object.open(start, end);
      },
    };
    const [first = 0, second = 0] = await cutsOf(object, 1);
    await read(watched, { start: first, end: second });
    expect(opened).toHaveLength(2);
    expect(opened[1]?.[0]).toBe(first);
    expect(opened[1]?.[1]).toBeLessThanOrEqual(second);
  });

  test('count bytes that add up to those of the columns', async () => {
    const spans = await read(object);
    const bytes = spans.reduce((sum, span) => sum + span.bytes, 0);
    expect(bytes).toBeGreaterThan(object.bytes / 3);
    expect(bytes).toBeLessThan(object.bytes);
  });
});

describe('a damaged file', () => {
  const whole = golden('types-snappy.parquet');

  test('that is cut short is rejected whole, by its footer', async () => {
    for (const bytes of [4, 11, 5000, whole.length - 1]) {
      const spans = await read(pinnedBytes(whole.subarray(0, bytes)));
      expect(spans).toMatchObject([{ offset: 0, bytes, rejected: { reason: 'broken_parquet' } }]);
      expect(await cutsOf(pinnedBytes(whole.subarray(0, bytes)), 1)).toEqual([]);
    }
  });

  test('loses the row group with the damage and no other', async () => {
    const [second = 0] = await cutsOf(pinnedBytes(whole), 1);
    const hurt = Buffer.from(whole);
    hurt.fill(0xff, second, second + 60);
    const spans = await read(pinnedBytes(hurt));
    expect(reasonsOf(spans)).toEqual(['broken_parquet']);
    expect(spans[5]).toMatchObject({ row: 5, offset: second });
    expect(spans.map(({ row }) => row)).toEqual([0, 1, 2, 3, 4, 5, 10, 11]);
  });

  test('is known by the checksums of its pages, where the writer wrote them', async () => {
    const hurt = golden('types-v2.parquet');
    const at = hurt.indexOf('question 1');
    hurt[at] = (hurt[at] ?? 0) ^ 1;
    const spans = await read(pinnedBytes(hurt));
    expect(at).toBeGreaterThan(0);
    expect(reasonsOf(spans)).toEqual(['broken_parquet']);
  });

  test('never throws, and never gives more than its rows, whatever the bytes are', async () => {
    const kinds = ['none', 'zstd', 'v2', 'deltas'].map((kind) => golden(`types-${kind}.parquet`));
    const change = fc.record({
      kind: fc.nat(kinds.length - 1),
      place: fc.noBias(fc.nat(9_999)),
      byte: fc.nat(255),
      length: fc.constantFrom(1, 1, 4, 40),
    });
    await fc.assert(
      fc.asyncProperty(change, async ({ kind, place, byte, length }) => {
        const hurt = Buffer.from(kinds[kind] ?? '');
        const at = Math.floor((place / 10_000) * hurt.length);
        hurt.fill(byte, at, at + length);
        const spans = await read(pinnedBytes(hurt));
        expect(spans.length).toBeLessThanOrEqual(5_000_000);
        expect(
          reasonsOf(spans).every((reason) =>
            ['broken_parquet', 'parquet_bomb', 'invalid_utf8', 'too_large'].includes(reason),
          ),
        ).toBe(true);
      }),
      { numRuns: 400 },
    );
  });

  test('is not what a failing store leaves behind', async () => {
    const [second = 0] = await cutsOf(pinnedBytes(whole), 1);
    const failing = {
      key: 'object',
      bytes: whole.length,
      async *open(start: number, end?: number) {
        if (start === second) throw new Error('changed');
        yield whole.subarray(start, end);
      },
    };
    await expect(read(failing)).rejects.toThrow('changed');
  });
});

describe('large files, as DuckDB writes them', () => {
  const path = join(tmpdir(), `containers-${process.pid}.parquet`);
  afterAll(() => rm(path, { force: true }));
  const write = async (query: string, options = ''): Promise<Buffer> => {
    const connection = await (await DuckDBInstance.create()).connect();
    await connection.run(`copy (${query}) to '${path}' (format parquet${options})`);
    connection.closeSync();
    expect((await stat(path)).size).toBeGreaterThan(0);
    return readFileSync(path);
  };

  test('are read in batches of rows where the columns are flat', async () => {
    const bytes = await write(
      "select i, 'prompt ' || (i // 8) as prompt, repeat(md5(i::varchar), 60) as response from range(50000) r(i)",
      ', compression zstd, row_group_size 200000',
    );
    let rows = 0;
    for await (const span of parquet.read(pinnedBytes(bytes), { start: 0, end: bytes.length }, valueReader)) {
      if (!('item' in span)) throw new Error(span.rejected.detail);
      if (rows % 9_999 === 0)
        expect(span).toMatchObject({ row: rows, item: { i: rows, prompt: `prompt ${rows >> 3}` } });
      rows++;
    }
    expect(rows).toBe(50_000);
  });

  test('that repeat a large text are no bomb until they are 5,000 times their size', async () => {
    const bytes = await write(`select repeat('x', 1000000) as prompt, i from range(1000) r(i)`, ', compression zstd');
    const reasons = new Map<string, number>();
    for await (const span of parquet.read(pinnedBytes(bytes), { start: 0, end: bytes.length }, valueReader)) {
      const reason = 'item' in span ? 'read' : span.rejected.reason;
      reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
    }
    expect(reasons).toEqual(
      new Map([
        ['read', 67],
        ['parquet_bomb', 1],
      ]),
    );
  });
});

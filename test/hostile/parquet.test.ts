import { zstdCompressSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { valueReader } from '../../lib/sources/containers/json-value.ts';
import { parquet } from '../../lib/sources/containers/parquet.ts';
import { countBatchRows } from '../../lib/sources/containers/parquet-group.ts';
import {
  BYTE_ARRAY,
  DELTA_BINARY,
  DELTA_LENGTHS,
  DELTA_TEXTS,
  DICTIONARY,
  DOUBLE,
  dataPage,
  dataPageV2,
  dictionaryPage,
  type HandmadeColumn,
  INT32,
  INT64,
  PLAIN,
  parquetBytes,
  run,
  SPLIT,
  sized,
  thrift,
  varint,
  withFooter,
} from '../support/parquet-bytes.ts';
import { itemsOf, pinnedBytes } from '../support/pinned-bytes.ts';

/*
 * Parquet files that say of themselves what would fill memory, or keep a reader busy for hours: each is refused by what is
 * wrong with it. Most of them end the process where they are not.
 */

const read = (bytes: Buffer) =>
  Array.fromAsync(parquet.read(pinnedBytes(bytes), { start: 0, end: bytes.length }, valueReader));
const whyNot = async (bytes: Buffer) =>
  (await read(bytes)).flatMap((span) =>
    'rejected' in span ? [`${span.rejected.reason}: ${span.rejected.detail}`] : [],
  );

const MARK = Buffer.from('PAR1');
const struct = (...fields: readonly Buffer[]) => Buffer.concat([...fields, Buffer.from([0])]);
const endless = (bytes: number) => Buffer.alloc(bytes, 0xff);

describe('a footer', () => {
  const LIST = Buffer.from([0x19]);
  test.each<[string, Buffer, RegExp]>([
    ['with a number of a megabyte', struct(Buffer.from([0x16]), endless(1_000_000)), /a number without an end/],
    [
      'with a list of more elements than bytes',
      struct(Buffer.concat([LIST, Buffer.from([0xfc]), varint(30_000_000)])),
      /extends beyond its end/,
    ],
    ['with lists in lists in lists', struct(LIST, Buffer.alloc(1_000, 0x19)), /nest too deep/],
    ['with structs in structs', struct(Buffer.alloc(1_000, 0x1c)), /nest too deep/],
    [
      'with nine million empty structs',
      struct(Buffer.concat([LIST, Buffer.from([0xfc]), varint(9_000_000), Buffer.alloc(9_000_000)])),
      /more than 8000000 values/,
    ],
    ['with a text of more bytes than there are', struct(Buffer.from([0x18]), varint(1_000_000)), /beyond its end/],
    ['of a type that Parquet has not', struct(Buffer.from([0x1b, 0, 0])), /value of type 11/],
    ['that says that it begins before the file', Buffer.alloc(0), /footer cannot be read/],
  ])('%s is refused', async (_, footer, why) => {
    const bytes = withFooter([MARK], footer);
    if (footer.length === 0) bytes.writeUInt32LE(4_000_000_000, bytes.length - 8);
    expect(await whyNot(bytes)).toEqual([expect.stringMatching(why)]);
  });

  const column = (name: string, schema?: readonly object[]): HandmadeColumn => ({
    path: [name],
    pages: [dataPage({ values: 1, content: sized(Buffer.from('x')) })],
    ...(schema && { schema }),
  });
  const nested = (levels: number) => [
    ...Array.from({ length: levels }, (_, at) => ({ field_3: 0, field_4: `g${at}`, field_5: 1 })),
    { field_1: BYTE_ARRAY, field_3: 0, field_4: 'leaf' },
  ];
  test.each<[string, readonly HandmadeColumn[], RegExp]>([
    ['of one name twice', [column('a'), column('a')], /two of its columns have one name/],
    ['nested a hundred levels deep', [column('a', nested(100))], /nests deeper than 64 levels/],
    ['that has no end', [column('a', [{ field_3: 0, field_4: 'a', field_5: 9 }])], /schema ends early/],
    [
      'of twenty thousand fields',
      [
        column('a', [
          { field_3: 0, field_4: 'a', field_5: 20_000 },
          ...Array.from({ length: 20_000 }, (_, at) => ({ field_1: BYTE_ARRAY, field_3: 0, field_4: `f${at}` })),
        ]),
      ],
      /more than 10000 fields/,
    ],
    [
      'of type VARIANT',
      [
        column('a', [
          { field_3: 0, field_4: 'a', field_5: 2, field_10: { field_16: { field_1: 1 } } },
          { field_1: BYTE_ARRAY, field_3: 0, field_4: 'metadata' },
          { field_1: BYTE_ARRAY, field_3: 0, field_4: 'value' },
        ]),
      ],
      /VARIANT|not in its schema|values for/,
    ],
  ])('with a column %s is refused', async (_, columns, why) => {
    expect(await whyNot(parquetBytes(columns))).toEqual([expect.stringMatching(why)]);
  });
});

const optional = (pages: readonly Buffer[], more: Partial<HandmadeColumn> = {}): HandmadeColumn => ({
  ...{ path: ['a'], optional: true, pages },
  ...more,
});
const texts = dictionaryPage({ values: 1, content: sized(Buffer.from('x')) });
/** The header of a block of deltas: its size, its parts, how many values, the first; then the least delta, and widths. */
const deltas = (block: number, parts: number, count: number, ...more: readonly Buffer[]) =>
  Buffer.concat([varint(block), varint(parts), varint(count), varint(0), ...more]);
const zeros = (count: number) =>
  Buffer.concat([deltas(32, 1, count), ...Array.from({ length: Math.ceil(count / 32) }, () => Buffer.from([0, 0]))]);

describe('a page', () => {
  test.each<[string, HandmadeColumn, RegExp]>([
    [
      'whose levels repeat a billion times behind the length that they have',
      optional([dataPage({ values: 1, content: Buffer.concat([sized(Buffer.alloc(0)), run(2 ** 30, 1)]) })]),
      /repeats a value more often/,
    ],
    [
      'whose indices repeat a billion times',
      {
        path: ['a'],
        pages: [
          texts,
          dataPage({ values: 1, encoding: DICTIONARY, content: Buffer.concat([Buffer.from([1]), run(2 ** 30)]) }),
        ],
      },
      /repeats a value more often/,
    ],
    [
      'of the second kind whose indices repeat a billion times',
      {
        path: ['a'],
        pages: [
          texts,
          dataPageV2({ values: 1, encoding: DICTIONARY, content: Buffer.concat([Buffer.from([1]), run(2 ** 30)]) }),
        ],
      },
      /repeats a value more often/,
    ],
    [
      'of the second kind with packs of no width without an end',
      {
        path: ['a'],
        pages: [
          texts,
          dataPageV2({
            values: 1,
            encoding: DICTIONARY,
            content: Buffer.concat([Buffer.from([0]), varint(2 ** 32 - 1)]),
          }),
        ],
      },
      /repeats a value more often/,
    ],
    [
      'of the second kind with fewer than no nulls',
      { path: ['a'], pages: [dataPageV2({ values: 1, nulls: -(2 ** 30), content: sized(Buffer.from('x')) })] },
      /more nulls than values/,
    ],
    [
      'of the second kind with more levels than bytes',
      { path: ['a'], pages: [dataPageV2({ values: 1, levels: 1_000, content: sized(Buffer.from('x')) })] },
      /more levels than bytes/,
    ],
    [
      'with indices of 200 bits',
      { path: ['a'], pages: [texts, dataPage({ values: 1, encoding: DICTIONARY, content: Buffer.from([200, 3, 0]) })] },
      /more than 32 bits/,
    ],
    [
      'with a delta of a megabyte',
      {
        path: ['a'],
        type: INT64,
        pages: [dataPage({ values: 9, encoding: DELTA_BINARY, content: deltas(128, 4, 9, endless(1_000_000)) })],
      },
      /a number without an end/,
    ],
    [
      'with a first value of a megabyte',
      {
        path: ['a'],
        type: INT64,
        pages: [
          dataPage({
            values: 9,
            encoding: DELTA_BINARY,
            content: Buffer.concat([varint(128), varint(4), varint(9), endless(1_000_000)]),
          }),
        ],
      },
      /a number without an end/,
    ],
    [
      'with blocks of deltas of no size',
      {
        path: ['a'],
        type: INT32,
        pages: [dataPage({ values: 9, encoding: DELTA_BINARY, content: deltas(0, 0, 9, Buffer.alloc(99)) })],
      },
      /blocks of deltas without a size/,
    ],
    [
      'with more parts of a block than bytes',
      {
        path: ['a'],
        pages: [
          dataPage({ values: 9, encoding: DELTA_LENGTHS, content: deltas(2 ** 30, 2 ** 25, 9, Buffer.alloc(99)) }),
        ],
      },
      /blocks of deltas without a size/,
    ],
    [
      'of split bytes with fewer bytes than values',
      { path: ['a'], type: DOUBLE, pages: [dataPage({ values: 9, encoding: SPLIT, content: Buffer.alloc(64) })] },
      /fewer bytes than values/,
    ],
    [
      'with four billion values',
      { path: ['a'], pages: [dataPage({ values: -1, content: Buffer.alloc(9) })] },
      /more than 4000000 values/,
    ],
  ])('%s is refused', async (_, column, why) => {
    // It is refused before its values are counted against the rows.
    expect(await whyNot(parquetBytes([column]))).toEqual([expect.stringMatching(why)]);
  });

  test('whose texts each begin as the one before it is refused before they are made', async () => {
    const count = 20_000;
    // Each shares all of the one before it, and is longer by a byte.
    const lengths = (least: number) =>
      Buffer.concat([
        ...[varint(32), varint(1), varint(count), varint(0)],
        ...Array.from({ length: Math.ceil(count / 32) }, () => Buffer.from([least, 0])),
      ]);
    const ones = Buffer.concat([
      varint(32),
      varint(1),
      varint(count),
      varint(2),
      ...Array.from({ length: Math.ceil(count / 32) }, () => Buffer.from([0, 0])),
    ]);
    const content = Buffer.concat([lengths(2), ones, Buffer.alloc(count, 'x')]);
    const page = dataPage({ values: count, encoding: DELTA_TEXTS, content });
    expect(await whyNot(parquetBytes([{ path: ['a'], pages: [page] }], { rows: count }))).toEqual([
      expect.stringMatching(/come to more than 67108864 bytes/),
    ]);
  });

  test('with deltas and nulls is read', async () => {
    const levels = sized(Buffer.concat([run(2, 1), run(3, 0), run(2, 1)]));
    const page = dataPage({ values: 7, encoding: DELTA_BINARY, content: Buffer.concat([levels, zeros(4)]) });
    const spans = await read(parquetBytes([optional([page], { type: INT32 })], { rows: 7 }));
    expect(itemsOf(spans)).toEqual([0, 0, null, null, null, 0, 0].map((a) => ({ a })));
  });

  test('of the same compressed bytes as another, which says that it has more values, is looked at, too', async () => {
    const content = Buffer.concat([Buffer.from([1]), run(1), run(2 ** 30)]);
    const page = (values: number) =>
      dataPage({ values, encoding: DICTIONARY, content: zstdCompressSync(content), bytes: content.length });
    const dictionary = sized(Buffer.from('x'));
    const compressed = zstdCompressSync(dictionary);
    const head = {
      field_1: 2,
      field_2: dictionary.length,
      field_3: compressed.length,
      field_7: { field_1: 1, field_2: PLAIN },
    };
    const first = Buffer.concat([thrift(head), compressed]);
    const pages = [first, page(2), page(1)];
    expect(await whyNot(parquetBytes([{ path: ['a'], codec: 6, pages }], { rows: 3 }))).toEqual([
      expect.stringMatching(/repeats a value more often/),
    ]);
  });
});

describe('a row group', () => {
  const constant = (name: string, rows: number): HandmadeColumn => ({
    path: [name],
    optional: true,
    pages: [
      dataPage({ values: rows, encoding: DICTIONARY, content: Buffer.concat([sized(run(rows, 0)), Buffer.from([1])]) }),
    ],
  });

  test('of four million nulls in each of forty columns is refused: it is three kilobytes', async () => {
    const bytes = parquetBytes(
      Array.from({ length: 40 }, (_, at) => constant(`c${at}`, 4_000_000)),
      { rows: 4_000_000 },
    );
    expect(bytes.length).toBeLessThan(5_000);
    expect(await whyNot(bytes)).toEqual([expect.stringMatching(/160000000 values, more than 5000 times its size/)]);
  });

  test('of more pages than memory holds is refused', async () => {
    const page = dataPage({ values: 1, content: zstdCompressSync(sized(Buffer.from('x'))), bytes: 5 });
    const pages = [Buffer.concat(Array.from({ length: 200_001 }, () => page))];
    expect(await whyNot(parquetBytes([{ path: ['a'], codec: 6, pages }], { rows: 200_001 }))).toEqual([
      expect.stringMatching(/too many pages/),
    ]);
  });

  test('is read in batches of four million values, however few bytes they take', () => {
    expect(countBatchRows({ rows: 1_000_000, columns: 3, flatBytes: 1 })).toBe(1_000_000);
    expect(countBatchRows({ rows: 1_000_000, columns: 100, flatBytes: 1 })).toBe(40_000);
    expect(countBatchRows({ rows: 1_000_000, columns: 100, flatBytes: 67_108_864_000 })).toBe(1_000);
    expect(countBatchRows({ rows: 10, columns: 5_000_000, flatBytes: 1 })).toBe(1);
  });
});

test('thousands of columns are read, each by its name', async () => {
  const columns = Array.from(
    { length: 3_000 },
    (_, at): HandmadeColumn => ({
      path: [`c${at}`],
      pages: [dataPage({ values: 2, content: Buffer.concat([sized(Buffer.from(`${at}`)), sized(Buffer.from('x'))]) })],
    }),
  );
  const items = itemsOf(await read(parquetBytes(columns, { rows: 2, groups: 2 })));
  expect(items).toHaveLength(4);
  expect(items[2]).toMatchObject({ c0: '0', c1: '1', c2999: '2999' });
});

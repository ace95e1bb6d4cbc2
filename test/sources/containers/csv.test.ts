import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readCsv } from '../../../lib/sources/containers/csv.ts';
import { valueReader } from '../../../lib/sources/containers/json-value.ts';
import { MAX_ITEM_BYTES } from '../../../lib/sources/record.ts';
import { itemsOf, pinnedBytes, reasonsOf } from '../../support/pinned-bytes.ts';

const golden = (name: string) => readFileSync(new URL(`../../golden/containers/${name}`, import.meta.url));

const read = (text: string | Buffer, delimiter = ',', chunkBytes?: number) =>
  Array.fromAsync(readCsv(pinnedBytes(Buffer.from(text), chunkBytes).open(0), delimiter, valueReader));

test.each([
  ['excel.csv', ','],
  ['unix-all.csv', ','],
  ['excel-tab.tsv', '\t'],
])('%s as Python writes it gives the rows and the offsets that Python has', async (name, delimiter) => {
  const expected = golden(`${name}.expected.jsonl`)
    .toString()
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  const spans = await read(golden(name), delimiter);
  expect(spans.map((span) => ({ offset: span.offset, value: 'item' in span ? span.item : span.rejected }))).toEqual(
    expected,
  );
});

test('a table of pandas has a mark before its header and an index without a name', async () => {
  const spans = await read(golden('pandas-index.csv'));
  expect(itemsOf(spans)[1]).toEqual({
    '': '1',
    id: '2',
    prompt: 'with "quotes"',
    response: 'a comma, and more',
    score: '1',
  });
  expect(reasonsOf(spans)).toEqual([]);
});

describe('a row that is no row', () => {
  test('is rejected where its cells are more or fewer than the header has, and its neighbours stay', async () => {
    const spans = await read('a,b,c\n1,2\n1,2,3,4\n5,6,7');
    expect(reasonsOf(spans)).toEqual(['ragged_row', 'ragged_row']);
    expect(itemsOf(spans)).toEqual([{ a: '5', b: '6', c: '7' }]);
    expect(spans.map(({ offset, bytes }) => [offset, bytes])).toEqual([
      [6, 4],
      [10, 8],
      [18, 5],
    ]);
  });

  test.each([
    ['text behind a closing quote', 'a,b\n1,"x"y\n2,3\n', [{ a: '2', b: '3' }]],
    ['a quote inside a cell', 'a,b\n1,x"y"\r\n2,3\r\n', [{ a: '2', b: '3' }]],
    [
      'a quote that is closed by another row',
      'a,b\n1,"xy\n2,3\n4,"5"\n6,7\n',
      [
        { a: '2', b: '3' },
        { a: '4', b: '5' },
        { a: '6', b: '7' },
      ],
    ],
  ])('for %s is rejected as one line', async (_, text, items) => {
    const spans = await read(text);
    expect(reasonsOf(spans)).toEqual(['broken_quotes']);
    expect(itemsOf(spans)).toEqual(items);
  });

  test('is the rest of a file that ends inside a quoted cell', async () => {
    const spans = await read('a,b\n1,2\n3,"4\n5,6');
    expect(spans.at(-1)).toMatchObject({ offset: 8, bytes: 8, rejected: { reason: 'truncated' } });
    expect(itemsOf(spans)).toEqual([{ a: '1', b: '2' }]);
  });

  test('is one that is not UTF-8, or larger than a record may be', async () => {
    expect(reasonsOf(await read(Buffer.from('a,b\n1,\xff\n2,3\n', 'latin1')))).toEqual(['invalid_utf8']);
    const large = Buffer.concat([
      Buffer.from('a,b\n1,'),
      Buffer.alloc(MAX_ITEM_BYTES + 1, 'x'),
      Buffer.from('\n2,3\n'),
    ]);
    const spans = await read(large, ',', 1_000_000);
    expect(reasonsOf(spans)).toEqual(['too_large']);
    expect(itemsOf(spans)).toEqual([{ a: '2', b: '3' }]);
  });
});

test.each([
  ['1,2\n3,4\n', /column 1 of its first row is a number/],
  ['a,a\n1,2\n', /columns 1 and 2 have the same name/],
  [',\n1,2\n', /its first row has no names/],
  ['"x"y,b\n1,2\n', /a cell contains a quote/],
  [`${'long prompt '.repeat(20)},b\n1,2\n`, /longer than 128 characters/],
])('a file without a header is rejected whole: %j', async (text, detail) => {
  const spans = await read(text);
  expect(reasonsOf(spans)).toEqual(['missing_header']);
  expect(spans).toMatchObject([{ rejected: { detail: expect.stringMatching(detail) } }]);
});

test('a column named __proto__ is a column', async () => {
  const [row] = itemsOf(await read('__proto__,b\nx,y\n'));
  expect(JSON.stringify(row)).toBe('{"__proto__":"x","b":"y"}');
});

test('what spreadsheets leave behind the last column is nothing, unless a cell has something', async () => {
  const spans = await read('a,,\n1,,\n2,,3\n');
  expect(itemsOf(spans)).toEqual([{ a: '1' }]);
  expect(reasonsOf(spans)).toEqual(['ragged_row']);
});

const cell = fc.oneof(
  fc.string({ unit: fc.constantFrom('a', ',', '"', '\n', '\r', '\t', 'é', '🎲', ' ') }),
  fc.string({ unit: 'grapheme', maxLength: 10 }),
);
const written = (cells: readonly string[]) => cells.map((text) => `"${text.replaceAll('"', '""')}"`).join(',');

test('any cells, quoted, come out as they went in, and each row begins where it was written', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(cell, cell), { maxLength: 8 }),
      fc.constantFrom('\n', '\r\n'),
      async (rows, end) => {
        const lines = rows.map((row) => written(row) + end);
        const spans = await read(`x,y${end}${lines.join('')}`);
        const kept = rows.map(([x, y]) => ({ ...(x && { x }), ...(y && { y }) }));
        expect(itemsOf(spans)).toEqual(kept);
        let at = 3 + end.length - Buffer.byteLength(lines[0] ?? '');
        const offsets = lines.map((_, row) => (at += Buffer.byteLength(lines[row - 1] ?? lines[0] ?? '')));
        expect(spans.map(({ offset }) => offset)).toEqual(offsets);
      },
    ),
    { numRuns: 200 },
  );
});

test('any text is read alike in any chunks, and nothing of it is passed over', async () => {
  const unit = fc.constantFrom('a', '"', '""', ',', '\n', '\r\n', '\r', 'é', ',"', '",', '\ufeff');
  await fc.assert(
    fc.asyncProperty(fc.string({ unit, maxLength: 60 }), fc.integer({ min: 1, max: 9 }), async (text, chunkBytes) => {
      const file = `x,y\n${text}`;
      const spans = await read(file);
      expect(await read(file, ',', chunkBytes)).toEqual(spans);
      let behind = 4;
      for (const { offset, bytes } of spans) {
        expect(Buffer.from(file).subarray(behind, offset).toString()).toMatch(/^[\r\n]*(?:""[\r\n]+)*$/);
        behind = offset + bytes;
      }
      expect(Buffer.from(file).subarray(behind).toString()).toMatch(/^[\r\n]*(?:""[\r\n]*)*$/);
    }),
    { numRuns: 300 },
  );
});

test('a file that is mostly broken rows is given up, and says so', async () => {
  const spans = await read(`a,b\n${'"x"y\n'.repeat(2_000)}`);
  expect(new Set(reasonsOf(spans))).toEqual(new Set(['broken_quotes', 'broken_csv']));
  expect(spans).toHaveLength(1_001);
  const few = await read(`a,b\n${`${'1,2\n'.repeat(11)}"x"y\n`.repeat(1_200)}`);
  expect(reasonsOf(few)).toHaveLength(1_200);
  expect(itemsOf(few)).toHaveLength(11 * 1_200);
});

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ArrayNotIndented } from '../../../lib/errors.ts';
import { type Extent, readItems } from '../../../lib/sources/containers/read-records.ts';
import { HEAD_BYTES, sniff } from '../../../lib/sources/containers/sniff.ts';
import { isJson } from '../../../lib/sources/formats/nat/fast-item.ts';
import { mutate } from '../formats/nat/scan-reference.ts';

const read = (bytes: Buffer) =>
  isJson(bytes)
    ? { item: bytes.toString() }
    : { rejected: { reason: 'invalid_json' as const, detail: '', exampleId: null } };

/** All that a reader finds, in order. */
async function spansOf(bytes: Buffer, slice: Extent, chunk: number) {
  async function* open(start: number, end = bytes.length) {
    for (let at = start; at < end; at += chunk) yield Buffer.from(bytes.subarray(at, Math.min(at + chunk, end)));
  }
  return Array.fromAsync(readItems(open, slice, read));
}

const whole = (bytes: Buffer, chunk = 900) =>
  spansOf(bytes, { cut: null, start: 0, end: bytes.length, object_bytes: bytes.length }, chunk);

const indentationOf = (bytes: Buffer): string | null => {
  const form = sniff(bytes.subarray(0, HEAD_BYTES));
  return form.kind === 'array' ? form.indentation : null;
};

/** The same of an array cut every so many bytes; as a whole, where it cannot be cut. */
async function cut(bytes: Buffer, every: number, chunk = 700) {
  const indentation = indentationOf(bytes);
  if (indentation === null) return whole(bytes, chunk);
  const spans = [];
  for (let start = 0; start < bytes.length; start += every) {
    const slice = { cut: 'array', indentation, key: 't.json', object_bytes: bytes.length } as const;
    spans.push(...(await spansOf(bytes, { ...slice, start, end: Math.min(start + every, bytes.length) }, chunk)));
  }
  return spans;
}

/** Elements on lines of their own, on shared ones, and both: as files are that were put together by hand. */
const arrays = fc
  .array(
    fc.record({
      before: fc.constantFrom('', '', '\n', '\n  ', ' ', '\r\n '),
      indent: fc.constantFrom(0, 1, 2),
      filler: fc.constantFrom(0, 50, 200, 5_000),
    }),
    { minLength: 2, maxLength: 8 },
  )
  .map((elements) => {
    const texts = elements.map(({ before, indent, filler }, id) => {
      const item = { id, filler: 'x'.repeat(filler), steps: [{ a: 1 }, { b: '{' }] };
      return before + JSON.stringify(item, null, indent);
    });
    return Buffer.from(`[${texts.join(',')}\n]`);
  });

const indentedArrays = fc
  .tuple(
    fc.constantFrom(1, 2, '\t'),
    fc.constantFrom('\n', '\r\n'),
    fc.array(fc.nat(300), { minLength: 1, maxLength: 8 }),
  )
  .map(([indent, newline, fillers]) => {
    const items = fillers.map((filler, id) => ({
      id,
      filler: 'x'.repeat(filler),
      steps: [{ a: [1, {}] }, { b: '{' }],
    }));
    return Buffer.from(`${JSON.stringify(items, null, indent).replaceAll('\n', newline)}${newline}`);
  });

const damaged = (all: fc.Arbitrary<Buffer>) =>
  fc
    .tuple(all, fc.nat(3), fc.infiniteStream(fc.nat()))
    .map(([array, times, choices]) =>
      Array.from({ length: times }).reduce<Buffer>(
        (bytes) => mutate(bytes, (below) => choices.next().value % below),
        array,
      ),
    );

const every = fc.integer({ min: 16, max: 500 });

describe('an array is read alike cut and uncut, wherever it is damaged', () => {
  test('if its elements begin lines that are indented alike', async () => {
    await fc.assert(
      fc.asyncProperty(
        damaged(indentedArrays),
        every,
        fc.integer({ min: 1, max: 900 }),
        async (array, bytes, chunk) => {
          const uncut = await whole(array);
          const found = await cut(array, bytes, chunk).catch((error: unknown) => error);
          if (!(found instanceof ArrayNotIndented)) expect(found).toEqual(uncut);
          // Then a whole element has such a line inside.
          else
            expect(uncut.some((span) => 'item' in span && span.item?.includes(`\n${indentationOf(array)}{`))).toBe(
              true,
            );
        },
      ),
      { numRuns: 1000 },
    );
  });

  test('however else it is written', async () => {
    await fc.assert(
      fc.asyncProperty(damaged(arrays), every, async (array, bytes) => {
        const found = await cut(array, bytes).catch((error: unknown) => error);
        if (!(found instanceof ArrayNotIndented)) expect(found).toEqual(await whole(array));
      }),
      { numRuns: 300 },
    );
  });
});

const FOUR = JSON.stringify(
  [1, 2, 3, 4].map((id) => ({ id, steps: [{ a: 1 }] })),
  null,
  2,
);
const beginOf = (id: number): number => FOUR.indexOf(`{\n    "id": ${id}`);

/** The ids of the elements and the losses, in order: the same, whole and cut anywhere. */
async function told(text: string): Promise<readonly unknown[]> {
  const bytes = Buffer.from(text);
  const spans = await whole(bytes);
  for (const every of [16, 37, 90]) expect(await cut(bytes, every)).toEqual(spans);
  return spans.map((span) =>
    'rejected' in span ? `${span.rejected.reason} at ${span.offset}` : JSON.parse(span.item ?? '').id,
  );
}

describe.each([1, 2, 4])('of an indented array element %i is lost alone', (id) => {
  test.each([
    ['a bracket too few', `"id": ${id}, "x": {`],
    ['a quote too few', `"id: ${id}`],
    ['a quote too many', `"id": ${id}"`],
    ['a comma too many', `"id": ${id},`],
    ['a word that is none', `"id": ${id}, "x": undefined`],
    ['bytes that look like other brackets', `"id": ${id}]]}}{{[[`],
  ])('with %s', async (_, broken) => {
    const lost = [1, 2, 3, 4].map((each) => (each === id ? `invalid_json at ${beginOf(id)}` : each));
    expect(await told(FOUR.replace(`"id": ${id}`, broken))).toEqual(lost);
  });
});

test('an element that broke off where an object could follow costs its neighbours nothing', async () => {
  const brokenOff = FOUR.indexOf('\n    ]', beginOf(2));
  const text = `${FOUR.slice(0, brokenOff)},${FOUR.slice(FOUR.indexOf('\n  {', brokenOff))}`;
  expect(await told(text)).toEqual([1, `invalid_json at ${beginOf(2)}`, 3, 4]);
});

test('elements on one line of an indented array are found by their brackets', async () => {
  expect(await told(FOUR.replaceAll('},\n  {\n    "id": 3', '}, 7, {\n    "id": 3'))).toEqual([1, 2, undefined, 3, 4]);
});

test('a stray "]" between two elements is told, and neither is lost', async () => {
  const text = FOUR.replace(',\n  {\n    "id": 3', '],\n  {\n    "id": 3');
  expect(await told(text)).toEqual([1, 2, `after_array_end at ${beginOf(3) - 3}`, 3, 4]);
});

test('arrays one after the other are read as one', async () => {
  expect(await told(`${FOUR}\n${FOUR}`)).toEqual([1, 2, 3, 4, 1, 2, 3, 4]);
  expect(await told('[{"id":1}][{"id":2}]\n[]\n[{"id":3}]')).toEqual([1, 2, 3]);
});

test('an indented array that breaks off says so, and keeps what is before', async () => {
  expect(await told(FOUR.slice(0, -10))).toEqual([1, 2, 3, `truncated at ${beginOf(4)}`]);
  expect(await told(FOUR.slice(0, beginOf(4)))).toEqual([1, 2, 3, `truncated at ${beginOf(4)}`]);
});

describe('an array with a line inside an element that looks as if it began one', () => {
  const strange = FOUR.replace('"steps": [\n      {', '"steps": [\n  {');
  const hanging = FOUR.replace('"steps": [\n      {', '"steps": [{},\n  {');

  test.each([strange, hanging])('is read whole', async (text) => {
    const spans = await whole(Buffer.from(text));
    expect(spans.map((span) => 'item' in span && JSON.parse(span.item ?? '').id)).toEqual([1, 2, 3, 4]);
  });

  test.each([strange, hanging])('cannot be cut, and the error says where and what to do', async (text) => {
    const error = await cut(Buffer.from(text), 50).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ArrayNotIndented);
    expect(error).toMatchObject({
      message:
        `t.json: the element at byte ${beginOf(1)} has a line inside (at byte ${text.indexOf('  {\n', beginOf(1))}) that ` +
        'begins like an element, with 2 characters of white space and "{". So several tasks cannot read this array. ' +
        'Set source.cut to false: then one task reads it.',
    });
  });
});

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { arrayCuts, readArrayItems } from '../../../lib/sources/containers/array.ts';
import { isJson } from '../../../lib/sources/formats/nat/fast-item.ts';
import { forms } from '../../support/trace-arbitraries.ts';
import { mutate } from '../formats/nat/scan-reference.ts';

async function* from(bytes: Buffer, start: number, chunk: number) {
  for (let at = start; at < bytes.length; at += chunk) yield Buffer.from(bytes.subarray(at, at + chunk));
}

const cutsOf = (bytes: Buffer, every: number, start = 0, chunk = 700): Promise<number[]> =>
  Array.fromAsync(arrayCuts(from(bytes, start, chunk), every, start));

const read = (bytes: Buffer) =>
  isJson(bytes)
    ? { item: bytes.toString() }
    : { rejected: { reason: 'invalid_json' as const, detail: '', exampleId: null } };

/** What a reader finds between the cuts, in order. */
async function readAt(bytes: Buffer, cuts: readonly number[]) {
  const found = [];
  let start = 0;
  for (const end of [...cuts, Number.POSITIVE_INFINITY]) {
    for await (const span of readArrayItems(from(bytes, start, 900), { start, end }, read)) found.push(span);
    start = end;
  }
  return found;
}

/** Elements on lines of their own, on shared ones, and both: as files are that were put together by hand. */
const arrays = fc
  .array(
    fc.record({
      before: fc.constantFrom('', '', '\n', '\n  ', ' ', '\r\n '),
      indent: fc.constantFrom(0, 1, 2),
      // Past 64 KiB a broken element is given up where the next line begins.
      filler: fc.constantFrom(0, 50, 200, 70_000),
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

const damagedArrays = fc
  .tuple(arrays, fc.boolean(), fc.infiniteStream(fc.nat()))
  .map(([array, whole, choices]) => (whole ? array : mutate(array, (below) => choices.next().value % below)));

// Of 12,000 such arrays 107 were read otherwise when cut: a reader that began between two elements of one line did not
// know the indentation by which the uncut one found the neighbours of a broken element.
test('an array is read alike cut and uncut, however it is written and wherever it is damaged', async () => {
  await fc.assert(
    fc.asyncProperty(damagedArrays, fc.integer({ min: 64, max: 500 }), async (array, every) => {
      const cuts = (await cutsOf(array, every)).filter((cut) => cut < array.length);
      expect(await readAt(array, cuts)).toEqual(await readAt(array, []));
    }),
    { numRuns: 150 },
  );
});

test('the cuts are the same when the scan goes on from any of them, in other chunks', async () => {
  await fc.assert(
    fc.asyncProperty(damagedArrays, fc.integer({ min: 64, max: 500 }), fc.nat(), async (array, every, which) => {
      const cuts = await cutsOf(array, every);
      const at = which % (cuts.length + 1);
      expect(await cutsOf(array, every, cuts[at - 1], 1 + which)).toEqual(cuts.slice(at));
    }),
    { numRuns: 150 },
  );
});

test.each(['a compact array', "NAT's indented array"] as const)('%s is cut about every so many bytes', async (form) => {
  const array = forms[form](Array.from({ length: 500 }, (_, id) => ({ id, steps: ['x'.repeat(100)] })));
  const every = 4096;
  const cuts = await cutsOf(array, every);
  expect(cuts.length).toBe(Math.floor(array.length / every));
  for (const [at, cut] of cuts.entries()) {
    expect(cut).toBeGreaterThanOrEqual((at + 1) * every);
    expect(cut).toBeLessThan((at + 1) * every + 300);
  }
});

// Whoever begins between two of its elements does not know that it has lines.
test('an array with a line before its first element only is read whole, and cut nowhere before its last', async () => {
  const array = Buffer.from(`[\n${Array.from({ length: 2000 }, (_, id) => `{"id":${id}}`).join(',')}]`);
  expect(await readAt(array, [])).toHaveLength(2000);
  expect(await cutsOf(array, 1024)).toEqual([array.length - 1]);
});

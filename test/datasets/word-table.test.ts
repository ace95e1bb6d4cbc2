import { hash } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { DIGEST_WORDS, digestIn, wordTable } from '../../lib/datasets/word-table.ts';
import { digestText } from '../../lib/preferences/digest.ts';

test('a table numbers tuples as they are first seen, and gives them back', () => {
  const tuples = fc
    .integer({ min: 1, max: 4 })
    .chain((width) => fc.array(fc.array(fc.nat(6), { minLength: width, maxLength: width }), { maxLength: 500 }));
  fc.assert(
    fc.property(tuples, (rows) => {
      const table = wordTable(rows[0]?.length ?? 1);
      const numbers = new Map<string, number>();
      for (const row of rows) {
        const known = numbers.get(row.join()) ?? numbers.size;
        numbers.set(row.join(), known);
        expect(table.add(Uint32Array.from([9, ...row]), 1)).toBe(known);
        expect(row.map((_, place) => table.word(known, place))).toEqual(row);
      }
      expect(table.size).toBe(numbers.size);
    }),
  );
});

test('a digest is the first 128 bits of SHA-256, and comes out of a table as it went in', () => {
  const digest = digestText('x');
  expect(Buffer.from(digest, 'latin1').toString('hex')).toBe(hash('sha256', 'x').slice(0, 32));
  const bytes = new Uint8Array(Buffer.from(digest, 'latin1'));
  const table = wordTable(DIGEST_WORDS);
  expect(digestIn(table, table.add(new Uint32Array(bytes.buffer), 0))).toBe(digest);
});

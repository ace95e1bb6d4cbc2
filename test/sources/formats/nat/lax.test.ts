import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { laxFloat, laxInt } from '../../../../lib/sources/formats/nat/lax.ts';
import { parseExactly } from '../../../../lib/sources/json/exact-json.ts';

type Case = readonly [json: string, answer: { ok?: string; err?: string }];
/** What pydantic 2.13.4 made of each value: the repr of what it read, or the type of its error. */
const golden: { turn_index: Case[]; score: Case[] } = JSON.parse(
  readFileSync(new URL('../../../golden/pydantic-lax.json', import.meta.url), 'utf8'),
);
const fromRepr = (repr: string): number => (repr === 'nan' ? Number.NaN : Number(repr.replace('inf', 'Infinity')));

test.each(golden.turn_index)('pydantic reads the integer %s alike', (json, { ok }) => {
  expect(laxInt(parseExactly(json))).toBe(ok === undefined ? undefined : fromRepr(ok));
});

test('the longest text that is a number is far longer than any double written out exactly', () => {
  const exact = `-0.${'0'.repeat(323)}4${'9'.repeat(750)}`;
  expect(exact).toHaveLength(1077);
  expect(laxFloat(exact)).toBe(-Number.MIN_VALUE);
  expect(laxFloat(`0.${'1'.repeat(4298)}`)).toBe(1 / 9);
  expect(laxFloat(`0.${'1'.repeat(4299)}`)).toBeUndefined();
  expect(laxFloat(`${' '.repeat(4300)}1`)).toBeUndefined();
  expect(laxInt(`${'0'.repeat(4299)}1`)).toBe(1);
  expect(laxInt(`${'0'.repeat(4300)}1`)).toBeUndefined();
});

test.each(golden.score)('pydantic reads the float %s alike', (json, { ok }) => {
  expect(laxFloat(parseExactly(json))).toBe(ok === undefined ? undefined : fromRepr(ok));
});

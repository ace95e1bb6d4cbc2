import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { laxFloat, laxInt } from '../../lib/preferences/lax.ts';
import { parseExactly } from '../../lib/traces/exact-json.ts';

type Case = readonly [json: string, answer: { ok?: string; err?: string }];
/** What pydantic 2.13.4 made of each value: the repr of what it read, or the type of its error. */
const golden: { turn_index: Case[]; score: Case[] } = JSON.parse(
  readFileSync(new URL('../golden/pydantic-lax.json', import.meta.url), 'utf8'),
);
const fromRepr = (repr: string): number => (repr === 'nan' ? Number.NaN : Number(repr.replace('inf', 'Infinity')));

test.each(golden.turn_index)('pydantic reads the integer %s alike', (json, { ok }) => {
  expect(laxInt(parseExactly(json))).toBe(ok === undefined ? undefined : fromRepr(ok));
});

test.each(golden.score)('pydantic reads the float %s alike', (json, { ok }) => {
  expect(laxFloat(parseExactly(json))).toBe(ok === undefined ? undefined : fromRepr(ok));
});

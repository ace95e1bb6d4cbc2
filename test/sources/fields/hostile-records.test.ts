import fc from 'fast-check';
import { expect, test } from 'vitest';
import { FieldMap } from '../../../lib/sources/field-map.ts';
import { fieldMapFormat } from '../../../lib/sources/field-map-format.ts';
import { rollouts } from '../../../lib/sources/formats/rollouts.ts';
import { scoredLists } from '../../../lib/sources/formats/scored-lists.ts';
import { parseExactly } from '../../../lib/sources/json/exact-json.ts';
import { proposeFieldMap } from '../../../lib/sources/propose-field-map.ts';
import type { RecordReading } from '../../../lib/sources/source-format.ts';

const formatOf = (map: unknown) => fieldMapFormat(FieldMap.parse(map), { fields: [], others: [] });
const reasonOf = (reading: RecordReading) => ('rejected' in reading ? reading.rejected.reason : undefined);
const candidatesOf = (reading: RecordReading) => ('candidates' in reading ? reading.candidates : []);

test('a record of a hundred thousand answers is refused by name, as a list and as candidates', () => {
  const many = Array.from({ length: 100_000 }, (_, at) => `A${at}`);
  expect(reasonOf(scoredLists.read({ prompt: 'Q', responses: many, rewards: many.map(Number) }))).toBe(
    'too_many_answers',
  );
  const entries = formatOf({ prompt: '/p', candidates: '/c', response: '/r' });
  expect(reasonOf(entries.read({ p: 'Q', c: many.map((r) => ({ r })) }))).toBe('too_many_answers');
});

test('however many answers a record holds, its prompt, tools and metadata are read once and are not copied', () => {
  const prompt = Array.from({ length: 1000 }, (_, at) => ({
    role: at % 2 === 0 ? 'user' : 'assistant',
    content: `turn ${at}`,
  }));
  const record = {
    prompt: [...prompt, { role: 'user', content: 'Q' }],
    tools: [{ name: 'stock' }],
    metadata: { large: 'x' },
    c: Array.from({ length: 100 }, (_, at) => ({ r: [{ role: 'assistant', content: `A${at}` }], s: at })),
  };
  const candidates = candidatesOf(
    formatOf({
      prompt: '/prompt',
      candidates: '/c',
      response: '/r',
      score: '/s',
      tools: '/tools',
      metadata: '/metadata',
    }).read(record),
  );
  expect(candidates).toHaveLength(100);
  expect(new Set(candidates.map(({ conversation }) => conversation.prompt)).size).toBe(1);
  expect(new Set(candidates.map(({ tools }) => tools)).size).toBe(1);
  expect(candidates.every(({ metadata }) => Object.keys(metadata).length === 0)).toBe(true);
});

test('JSON in a cell that nests too deep stays text, and costs its neighbours nothing', () => {
  const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
  const format = formatOf({ prompt: '/q', response: '/a', score: '/s', tools: '/t' });
  expect(reasonOf(format.read({ q: 'Q', a: 'A', s: '1', t: deep }))).toBe('invalid_tools');
  expect(candidatesOf(format.read({ q: 'Q', a: deep, s: '1' }))[0]?.conversation).toMatchObject({ response: deep });
});

test('JSON in a cell with more values than a record may hold stays text', () => {
  const many = `[${'[],'.repeat(4_000_001)}[]]`;
  expect(reasonOf(formatOf({ prompt: '/q', response: '/a', tools: '/t' }).read({ q: 'Q', a: 'A', t: many }))).toBe(
    'invalid_tools',
  );
});

test('keys of the language’s own objects are keys like any others', () => {
  const record = JSON.parse('{"prompt":"Q","completion":"A","rewards":{"__proto__":1,"constructor":2,"toString":"x"}}');
  const [candidate] = candidatesOf(rollouts.read(record));
  expect(Object.entries(candidate?.scores ?? {})).toMatchObject([
    ['__proto__', { value: 1 }],
    ['constructor', { value: 2 }],
    ['toString', { loss: { reason: 'invalid_score' } }],
  ]);
  expect(reasonOf(formatOf({ prompt: '/q', response: '/constructor/name', score: '/s' }).read({ q: 'Q', s: 1 }))).toBe(
    'missing_response',
  );
});

test('a hundred thousand scores of one answer are read', () => {
  const scores = Object.fromEntries(Array.from({ length: 200_000 }, (_, at) => [`s${at}`, at]));
  const [candidate] = candidatesOf(rollouts.read({ prompt: 'Q', completion: 'A', rewards: scores }));
  expect(Object.keys(candidate?.scores ?? {})).toHaveLength(200_000);
});

test('a record whose keys hold line breaks hides nothing of its neighbours', () => {
  rollouts.read({ 'prompt\ncompletion\nreward': 1 });
  rollouts.read({ 'prompt\ncompletion': 1, reward: 1 });
  expect(candidatesOf(rollouts.read({ prompt: 'Q', completion: 'A', reward: 1 }))).toMatchObject([
    { scores: { reward: { value: 1 } } },
  ]);
});

const KEYS = ['a', 'b', 'c', 'd'];
const anything = fc.oneof(
  fc.jsonValue({ maxDepth: 3 }),
  fc.constantFrom<unknown>(
    null,
    [],
    {},
    '',
    [null],
    [[]],
    '[1]',
    '{"role":"user"}',
    parseExactly('12345678901234567890'),
    [{ role: 'user' }],
    [{ role: 'assistant', content: 'A' }],
    Number.POSITIVE_INFINITY,
  ),
);
const record = fc.dictionary(
  fc.constantFrom(...KEYS),
  fc.oneof(anything, fc.dictionary(fc.constantFrom(...KEYS), anything)),
);
const pointer = fc
  .tuple(fc.constantFrom(...KEYS), fc.option(fc.constantFrom(...KEYS, '0')))
  .map(([key, inner]) => (inner === null ? `/${key}` : `/${key}/${inner}`));
const map = fc.record(
  {
    group: fc.oneof(pointer, fc.array(pointer, { minLength: 1, maxLength: 2 })),
    ...Object.fromEntries(
      [
        'turn',
        'index',
        'id',
        'error',
        'truncated',
        'metadata',
        'tools',
        'prompt',
        'messages',
        'candidates',
        'chosen',
        'rejected',
      ].map((field) => [field, pointer]),
    ),
    response: fc.oneof(pointer, fc.tuple(pointer, pointer)),
    score: fc.oneof(pointer, fc.tuple(pointer, pointer), fc.dictionary(fc.constantFrom(...KEYS), pointer)),
    winner: fc.oneof(
      pointer,
      pointer.map((at) => ({ at, first: 'a', second: 1 })),
    ),
  },
  { requiredKeys: [] },
);

test('any record is read by any map without an error, to candidates or to a reason', () => {
  fc.assert(
    fc.property(map, record, (fields, found) => {
      if (!FieldMap.safeParse(fields).success) return;
      const reading = formatOf(fields).read(found);
      if ('rejected' in reading) expect(reading.rejected.reason).toMatch(/^[a-z_]+$/);
      else
        for (const { scores, turnId, conversation } of reading.candidates)
          expect([typeof turnId, typeof conversation, typeof scores]).toEqual(['string', 'object', 'object']);
    }),
    { numRuns: 2000 },
  );
});

test('a map is proposed from any records, and is one where nothing is missing', () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(record, anything), { maxLength: 4 }), (records) => {
      const { map: proposed, missing } = proposeFieldMap(records);
      if (missing.length === 0) expect(FieldMap.safeParse(proposed).success).toBe(true);
    }),
    { numRuns: 500 },
  );
});

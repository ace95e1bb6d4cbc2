import { describe, expect, test } from 'vitest';
import { checkFieldMap } from '../../../lib/sources/check-field-map.ts';
import { FieldMap } from '../../../lib/sources/field-map.ts';
import { fieldMapFormat } from '../../../lib/sources/field-map-format.ts';
import { FIELD_FORMATS, SOURCE_FORMATS } from '../../../lib/sources/formats/index.ts';
import type { SourceCandidate } from '../../../lib/sources/source-candidate.ts';

const formatOf = (map: FieldMap) =>
  fieldMapFormat(FieldMap.parse(map), { fields: FIELD_FORMATS, others: SOURCE_FORMATS });
const read = (map: FieldMap, record: unknown) => formatOf(map).read(record);
function candidatesOf(map: FieldMap, record: unknown): readonly SourceCandidate[] {
  const reading = read(map, record);
  if ('rejected' in reading) throw new Error(JSON.stringify(reading.rejected));
  return reading.candidates;
}
const reasonOf = (map: FieldMap, record: unknown) => {
  const reading = read(map, record);
  return 'rejected' in reading ? reading.rejected.reason : reading.candidates.map(({ loss }) => loss?.reason);
};
const texts = (candidates: readonly SourceCandidate[]) =>
  candidates.map(({ conversation }) =>
    conversation.kind === 'messages' ? conversation.trajectory.map(({ content }) => content) : conversation.response,
  );
const single: FieldMap = { prompt: '/q', response: '/a', score: '/s' };

describe('a record with one answer', () => {
  test('gives a candidate with all that its pointers find', () => {
    const record = {
      meta: { task: 7, n: 2, run: 'r-7', why: null, cut: 'length', extra: { seed: 1 }, tools: [{ name: 'stock' }] },
      q: 'How many?',
      a: 'Six.',
      s: '0.5',
    };
    const map: FieldMap = {
      ...single,
      group: '/meta/task',
      index: '/meta/n',
      id: '/meta/run',
      error: '/meta/why',
      truncated: '/meta/cut',
      metadata: '/meta/extra',
      tools: '/meta/tools',
    };
    expect(candidatesOf(map, record)).toEqual([
      {
        group: '7',
        turnId: '0',
        index: 2,
        id: 'r-7',
        conversation: { kind: 'text', prompt: 'How many?', response: 'Six.', rendered: false },
        scores: { s: { value: 0.5 } },
        record,
        tools: [{ type: 'function', function: { name: 'stock' } }],
        flags: ['truncated'],
        loss: undefined,
        metadata: { seed: 1 },
      },
    ]);
  });

  test.each([
    ['text', 'How many?', 'How many?'],
    ['a message', { role: 'user', content: 'How many?' }, [{ role: 'user', content: 'How many?' }]],
    ['messages', [{ role: 'user', content: 'How many?' }], [{ role: 'user', content: 'How many?' }]],
    [
      'messages as ShareGPT has them',
      [{ from: 'human', value: 'How many?' }],
      [{ role: 'user', content: 'How many?' }],
    ],
  ])('takes a prompt that is %s', (_, q, prompt) => {
    expect(candidatesOf(single, { q, a: 'Six.', s: 1 })[0]?.conversation).toMatchObject({ kind: 'text', prompt });
  });

  test('takes an answer of several messages, calls of tools included', () => {
    const a = [
      {
        role: 'assistant',
        content: null,
        tool_calls: [{ id: 'c', type: 'function', function: { name: 'stock', arguments: '{}' } }],
      },
      { role: 'tool', tool_call_id: 'c', content: '6' },
      { role: 'assistant', content: 'Six.' },
    ];
    expect(candidatesOf(single, { q: 'How many?', a, s: 1 })[0]?.conversation).toMatchObject({
      kind: 'messages',
      prompt: [{ role: 'user', content: 'How many?' }],
      trajectory: [{ role: 'assistant' }, { role: 'tool', content: '6' }, { content: 'Six.' }],
    });
  });

  test('finds the response of messages after the last turn of the user', () => {
    const m = [
      { role: 'user', content: 'Hello' },
      { role: 'assistant', content: 'Hi' },
      { role: 'user', content: 'How many?' },
      { role: 'assistant', content: 'Six.' },
    ];
    const [candidate] = candidatesOf({ messages: '/m', score: '/s' }, { m, s: 1 });
    expect(candidate?.conversation).toEqual({ kind: 'messages', prompt: m.slice(0, 3), trajectory: m.slice(3) });
  });

  test('reads several scores by name, and each key of an object of scores', () => {
    const scored = (score: FieldMap['score']) =>
      candidatesOf({ ...single, ...(score && { score }) }, { q: 'Q', a: 'A', s: { right: 1, brief: '0.25' } });
    expect(scored('/s')[0]?.scores).toEqual({ right: { value: 1 }, brief: { value: 0.25 } });
    expect(scored({ quality: '/s/right', other: '/none' })[0]?.scores).toMatchObject({
      quality: { value: 1 },
      other: { loss: { reason: 'missing_score' } },
    });
  });

  test('makes one key of several pointers', () => {
    const map: FieldMap = { ...single, group: ['/step', '/q'] };
    const groups = [
      { step: 1, q: 'a' },
      { step: 2, q: 'a' },
      { step: '1|', q: 'a' },
    ].map((record) => candidatesOf(map, { ...record, a: 'A', s: 1 })[0]?.group);
    expect(new Set(groups).size).toBe(3);
  });

  test('keeps the digits of a long id', () => {
    const id = JSON.rawJSON('12345678901234567890');
    expect(candidatesOf({ ...single, group: '/id', id: '/id' }, { id, q: 'Q', a: 'A', s: 1 })[0]).toMatchObject({
      group: '12345678901234567890',
      id: '12345678901234567890',
    });
  });
});

describe('a record with several answers', () => {
  test('may have a list of responses beside a list of scores', () => {
    const candidates = candidatesOf(
      { prompt: '/p', response: '/r', score: '/s' },
      { p: 'Q', r: ['A', 'B'], s: [1, 0], seed: [4, 5] },
    );
    expect(texts(candidates)).toEqual(['A', 'B']);
    expect(candidates.map(({ at, index, scores, record }) => ({ at, index, scores, record }))).toEqual([
      { at: '/r/0', index: 0, scores: { s: { value: 1 } }, record: { r: 'A', s: 1, seed: 4 } },
      { at: '/r/1', index: 1, scores: { s: { value: 0 } }, record: { r: 'B', s: 0, seed: 5 } },
    ]);
  });

  test('may have lists of messages, or conversations, for responses', () => {
    const say = (content: string) => [{ role: 'assistant', content }];
    const lists = candidatesOf(
      { prompt: '/p', response: '/r', score: '/s' },
      { p: 'Q', r: [say('A'), say('B')], s: [1, 0] },
    );
    expect(texts(lists)).toEqual([['A'], ['B']]);
    const ask = { role: 'user', content: 'Q' };
    const whole = candidatesOf(
      { messages: '/m', score: '/s' },
      {
        m: [
          [ask, ...say('A')],
          [ask, ...say('B')],
        ],
        s: [1, 0],
      },
    );
    expect(texts(whole)).toEqual([['A'], ['B']]);
  });

  test('may have a list of objects, which take from the record what they lack', () => {
    const map: FieldMap = {
      group: '/task',
      prompt: '/p',
      candidates: '/tries',
      response: '/text',
      score: '/score',
      id: '/id',
    };
    const record = {
      task: 't',
      p: 'Q',
      tries: [
        { text: 'A', score: 1, id: 'x' },
        { text: 'B', score: null },
      ],
    };
    expect(candidatesOf(map, record)).toMatchObject([
      { group: 't', at: '/tries/0', id: 'x', scores: { score: { value: 1 } }, record: record.tries[0] },
      { group: 't', at: '/tries/1', id: null, scores: { score: { loss: { reason: 'missing_score' } } } },
    ]);
  });

  test('may have a pointer for each answer and each score', () => {
    const map: FieldMap = { prompt: '/p', response: ['/left', '/right'], score: ['/score_left', '/score_right'] };
    expect(candidatesOf(map, { p: 'Q', left: 'A', right: 'B', score_left: 3, score_right: 4 })).toMatchObject([
      { at: '/left', scores: { score: { value: 3 } } },
      { at: '/right', scores: { score: { value: 4 } } },
    ]);
  });

  test('is a group by itself only where nothing says what else competes', () => {
    const lists: FieldMap = { prompt: '/p', candidates: '/c', response: '/r', score: '/s' };
    expect(formatOf(lists).scattered).toBe(false);
    expect(formatOf({ ...lists, group: '/g' }).scattered).toBe(true);
    expect(formatOf({ prompt: '/p', response: ['/a', '/b'], winner: '/w', group: '/g' }).scattered).toBe(false);
    expect(formatOf({ chosen: '/c', rejected: '/r', group: '/g' }).scattered).toBe(false);
    expect(formatOf(single).scattered).toBe(true);
  });
});

describe('what is wrong is a named loss', () => {
  test.each([
    [
      'lists of different length',
      { prompt: '/p', response: '/r', score: '/s' },
      { p: 'Q', r: ['A', 'B'], s: [1] },
      'lists_of_different_length',
    ],
    [
      'one score beside several responses',
      { prompt: '/p', response: '/r', score: '/s' },
      { p: 'Q', r: ['A', 'B'], s: 1 },
      'lists_of_different_length',
    ],
    ['several scores beside one response', single, { q: 'Q', a: 'A', s: [1, 0] }, 'lists_of_different_length'],
    ['no responses', { prompt: '/p', response: '/r', score: '/s' }, { p: 'Q', r: [], s: [] }, 'no_answers'],
    ['no list of candidates', { prompt: '/p', candidates: '/c', response: '/r' }, { p: 'Q', c: 'none' }, 'no_answers'],
    ['a pointer into text', { ...single, group: '/q/id' }, { q: 'Q', a: 'A', s: 1 }, 'pointer_into_text'],
    ['a score behind text', { ...single, score: '/a/s' }, { q: 'Q', a: 'A' }, 'pointer_into_text'],
    ['a missing group', { ...single, group: '/g' }, { q: 'Q', a: 'A', s: 1, g: null }, 'missing_group'],
    ['a group that is an object', { ...single, group: '/g' }, { q: 'Q', a: 'A', s: 1, g: {} }, 'invalid_group'],
    ['a missing prompt', single, { a: 'A', s: 1 }, 'missing_prompt'],
    ['a prompt that is an object of anything', single, { q: { text: 'Q' }, a: 'A', s: 1 }, 'invalid_prompt'],
    ['a missing response', single, { q: 'Q', s: 1 }, 'missing_response'],
    ['a response that is true', single, { q: 'Q', a: true, s: 1 }, 'invalid_response'],
    ['messages that are text', { messages: '/m', score: '/s' }, { m: 'Q', s: 1 }, 'invalid_messages'],
    ['tools that are text', { ...single, tools: '/t' }, { q: 'Q', a: 'A', s: 1, t: 'search' }, 'invalid_tools'],
    ['a record that is a list', single, ['Q', 'A', 1], 'not_an_object'],
    [
      'two prompts that differ',
      single,
      {
        q: 'Q',
        a: [
          { role: 'user', content: 'R' },
          { role: 'assistant', content: 'A' },
        ],
        s: 1,
      },
      'two_prompts',
    ],
  ] as const)('%s', (_, map, record, reason) => {
    expect(reasonOf(FieldMap.parse(map), record)).toBe(reason);
  });

  test.each([
    ['an empty response', { a: '' }, 'empty_response'],
    ['white space for a response', { a: ' \n' }, 'empty_response'],
    ['messages without the assistant', { a: [{ role: 'user', content: 'Q' }] }, 'no_answer'],
    ['an assistant that says nothing', { a: [{ role: 'assistant', content: '' }] }, 'empty_response'],
    ['an error', { error: { type: 'Timeout' } }, 'error'],
    ['an error without a response', { a: null, error: 'down' }, 'error'],
  ])('%s loses the candidate', (_, fields, reason) => {
    const map: FieldMap = { ...single, error: '/error' };
    expect(reasonOf(map, { q: 'Q', a: 'A', s: 1, ...fields })).toEqual([reason]);
  });

  test.each([null, false, '', 0, [], {}])('an error that is %j is none', (error) => {
    expect(reasonOf({ ...single, error: '/error' }, { q: 'Q', a: 'A', s: 1, error })).toEqual([undefined]);
  });

  test.each([
    ['text that is no number', 'good', 'invalid_score'],
    ['a boolean', true, 'invalid_score'],
    ['null', null, 'missing_score'],
    ['infinite', Number.POSITIVE_INFINITY, 'score_not_finite'],
  ])('a score that is %s loses the score alone', (_, s, reason) => {
    expect(candidatesOf(single, { q: 'Q', a: 'A', s })[0]).toMatchObject({
      loss: undefined,
      scores: { s: { loss: { reason } } },
    });
  });

  test('a bad entry of a list takes no neighbour with it', () => {
    const map: FieldMap = { prompt: '/p', candidates: '/c', response: '/r', score: '/s' };
    const record = { p: 'Q', c: [{ r: 'A', s: 1 }, 'B', { s: 1 }, { r: 5, s: 0 }] };
    expect(reasonOf(map, record)).toEqual([undefined, 'not_an_object', 'missing_response', undefined]);
  });

  test('an entry that names another group than its record is in two', () => {
    const map: FieldMap = { group: '/g', prompt: '/p', candidates: '/c', response: '/r', score: '/s' };
    const record = {
      g: 1,
      p: 'Q',
      c: [
        { r: 'A', s: 1, g: 2 },
        { r: 'B', s: 0, g: 1 },
      ],
    };
    expect(reasonOf(map, record)).toEqual(['two_groups', undefined]);
  });

  test('no detail quotes the record', () => {
    const secret = 'sk-secret';
    const records = [
      { q: secret, a: { [secret]: 1 }, s: secret },
      { q: { a: secret }, a: secret, s: secret },
      { q: secret, a: secret, s: secret, g: { secret } },
    ];
    for (const record of records) {
      const reading = read({ ...single, group: '/g' }, record);
      expect(JSON.stringify('rejected' in reading ? reading.rejected : reading.candidates[0]?.loss)).not.toContain(
        secret,
      );
    }
  });
});

describe('the schema', () => {
  const problemsOf = (map: unknown) => FieldMap.safeParse(map).error?.issues.map(({ message }) => message) ?? [];

  test.each([
    ['a pointer without its slash', { ...single, group: 'task_id' }, /JSON Pointer/],
    ['a wrong escape', { ...single, group: '/a~2' }, /JSON Pointer/],
    ['an unknown field', { ...single, answer: '/a' }, /answer/],
    ['a prompt and no answers', { group: '/g', prompt: '/p', score: '/s' }, /where answers are/],
    ['a response without a prompt', { response: '/a' }, /where the prompt/],
    ['chosen without rejected', { chosen: '/c' }, /both chosen and rejected/],
    ['a winner beside one response', { prompt: '/p', response: '/r', winner: '/w' }, /two responses/],
    [
      'more scores than responses',
      { prompt: '/p', response: ['/a', '/b'], score: ['/x', '/y', '/z'] },
      /as many scores/,
    ],
  ])('refuses %s', (_, map, message) => {
    expect(problemsOf(map).join()).toMatch(message);
  });

  test('takes pointers that say nothing of answers: they go beside the format that the content shows', () => {
    expect(problemsOf({ group: '/g', score: '/s' })).toEqual([]);
  });

  test('takes what is left out from a preset', () => {
    expect(problemsOf({ preset: 'rollouts', group: '/task' })).toEqual([]);
  });
});

describe('the first records check a map', () => {
  const records = [{ task_id: 1, info: { prompt: 'Q', reward: 1 }, response: 'A' }];

  test('a pointer that finds nothing is an error with the keys found and what was likely meant', () => {
    const check = (map: FieldMap) => () => checkFieldMap(map, records);
    expect(check({ ...single, prompt: '/info/prompt', response: '/response', score: '/info/rewards' })).toThrow(
      'source.format.score is /info/rewards, which finds nothing in the first record. The keys at /info are prompt, reward. Did you mean /info/reward?',
    );
    expect(check({ messages: '/messages' })).toThrow('The keys found are task_id, info, response.');
    expect(check({ prompt: '/info/prompt', response: '/response', group: '/response/id' })).toThrow(
      /points into \/response/,
    );
  });

  test('a pointer that one of the records knows is fine, null too', () => {
    expect(() =>
      checkFieldMap({ ...single, error: '/e' }, [
        { q: 'Q', a: 'A', s: 1 },
        { q: 'Q', a: 'A', s: 0, e: null },
      ]),
    ).not.toThrow();
  });

  test('pointers of candidates are looked for in these and in the record', () => {
    const map: FieldMap = { group: '/g', prompt: '/p', candidates: '/c', response: '/r', score: '/s' };
    expect(() => checkFieldMap(map, [{ g: 1, p: 'Q', c: [{ r: 'A', s: 1 }] }])).not.toThrow();
    expect(() => checkFieldMap({ ...map, score: '/score' }, [{ g: 1, p: 'Q', c: [{ r: 'A', s: 1 }] }])).toThrow(
      /source.format.score/,
    );
  });
});

describe('a preset', () => {
  test('keeps its other fields where one is replaced', () => {
    const record = { task_id: 1, run: 'r', prompt: 'Q', completion: 'A', reward: 1 };
    expect(candidatesOf({ preset: 'rollouts', group: '/run' }, record)[0]).toMatchObject({
      group: 'r',
      scores: { reward: { value: 1 } },
    });
    expect(reasonOf({ preset: 'rollouts', group: '/runs' }, record)).toBe('missing_group');
  });

  test('that reads answers by itself takes what is beside them', () => {
    const record = {
      example_id: 3,
      prompt: [{ role: 'user', content: 'Q' }],
      completion: [{ role: 'assistant', content: 'A' }],
      reward: 0.5,
      task: 'math',
      metrics: { right: 1 },
      seed: 9,
    };
    const [candidate] = candidatesOf(
      { preset: 'verifiers', group: ['/task', '/example_id'], id: '/seed', score: '/metrics/right' },
      record,
    );
    expect(candidate).toMatchObject({
      group: 'math|3',
      id: '9',
      scores: { reward: { value: 0.5 }, right: { value: 1 } },
    });
    expect(() => formatOf({ preset: 'verifiers', prompt: '/prompt' })).toThrow(/cannot replace what verifiers reads/);
  });

  test('that joins records takes no pointers, and an unknown one is named', () => {
    expect(() => formatOf({ preset: 'langfuse', group: '/g' })).toThrow(/joins several records/);
    expect(() => formatOf({ preset: 'rollout' })).toThrow('Did you mean rollouts?');
  });
});

test('fields that no pointer uses are known by name', () => {
  const format = FIELD_FORMATS.find(({ name }) => name === 'rollouts');
  expect(format?.unusedKeys({ prompt: 'Q', completion: 'A', reward: 1, seed: 4, model: 'm' })).toEqual([
    'seed',
    'model',
  ]);
});

test('rows of text, as CSV has them, hold lists and messages as JSON', () => {
  const rows = { q: '[{"role":"user","content":"Q"}]', a: 'A', s: '1', t: '[{"name":"stock"}]' };
  expect(candidatesOf({ ...single, tools: '/t' }, rows)[0]).toMatchObject({
    conversation: { prompt: [{ role: 'user', content: 'Q' }], response: 'A' },
    tools: [{ function: { name: 'stock' } }],
  });
  const lists = { p: 'Q', r: '["A","B"]', s: '[1,0]' };
  expect(texts(candidatesOf({ prompt: '/p', response: '/r', score: '/s' }, lists))).toEqual(['A', 'B']);
  // An answer that is a JSON list of anything else is an answer.
  expect(texts(candidatesOf(single, { q: 'Q', a: '["A","B"]', s: '1' }))).toEqual(['["A","B"]']);
});

describe('messages that are written as JSON beside numbers, as data frames have them', () => {
  const asked = '[{"role":"user","content":"Q"}]';
  const answered = '[{"role":"assistant","content":"A"}]';

  test('are messages', () => {
    expect(candidatesOf(single, { q: asked, a: answered, s: 1 })[0]).toMatchObject({
      conversation: { prompt: [{ content: 'Q' }], trajectory: [{ role: 'assistant', content: 'A' }] },
    });
  });

  test.each([
    ['answer a prompt of text', { q: 'Write a chat as JSON.', a: answered, s: 1 }],
    ['have roles of their own', { q: 'Who rules?', a: '[{"role":"king","content":"Bob"}]', s: 1 }],
    ['are cut short', { q: asked, a: '[{"role":"assistant","cont', s: 1 }],
  ])('are text where they %s', (_, record) => {
    expect(texts(candidatesOf(single, record))).toEqual([record.a]);
  });
});

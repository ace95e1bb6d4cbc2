import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Message, Response } from '../../lib/contract/trajectory.ts';
import { toUtf8 } from '../../lib/objects/utf8.ts';
import {
  digestLastMessage,
  digestPrompt,
  digestResponse,
  digestTextPrompt,
  digestTextResponse,
  digestTools,
} from '../../lib/preferences/normal-form.ts';

const call = (id: string, args: unknown, more: object = {}) => ({
  role: 'assistant',
  content: null,
  tool_calls: [{ id, type: 'function', function: { name: 'look', arguments: args }, ...more }],
});

describe('responses that are the same', () => {
  test.each<[string, Response, Response]>([
    ['text, and a message of it', 'yes', { role: 'assistant', content: 'yes' }],
    [
      'text, and its parts',
      'yes',
      {
        role: 'assistant',
        content: [
          { type: 'text', text: 'y' },
          { type: 'text', text: 'es' },
        ],
      },
    ],
    ['white space at the end', 'yes', 'yes \n'],
    ['composed and decomposed', 'caf\u00e9', 'cafe\u0301'],
    [
      'null and empty fields',
      { role: 'assistant', content: 'yes' },
      { role: 'assistant', content: 'yes', refusal: null, tool_calls: [], name: '' },
    ],
    ['no content and empty content', call('a', '{}'), { ...call('a', '{}'), content: '' }],
    ['the order of keys', call('a', '{"x":1,"y":2}'), call('a', '{"y":2,"x":1}')],
    ['arguments as text and as an object', call('a', '{"x": 1}'), call('a', { x: 1 })],
    ['random ids of calls', call('call_1', '{}'), call('call_9f', '{}')],
    ['a type that can only be function', call('a', '{}'), call('a', '{}', { type: undefined })],
  ])('%s', (_, one, other) => {
    expect(digestResponse(one)).toBe(digestResponse(other));
  });
});

describe('responses that are not', () => {
  test.each<[string, Response, Response]>([
    ['white space at the beginning', 'yes', ' yes'],
    ['another argument', call('a', '{"x":1}'), call('a', '{"x":2}')],
    ['an empty argument and none', call('a', '{"x":""}'), call('a', '{}')],
    ['arguments that do not parse', call('a', '{"x":1'), call('a', '{"x":1}')],
    ['a text and the JSON of a message', 'yes', '["assistant","yes"]'],
    ['another role', { role: 'assistant', content: 'yes' }, { role: 'tool', content: 'yes' }],
    ['a name', { role: 'assistant', content: 'yes' }, { role: 'assistant', content: 'yes', name: 'ann' }],
    [
      'an image',
      'yes',
      {
        role: 'assistant',
        content: [
          { type: 'text', text: 'yes' },
          { type: 'image_url', image_url: { url: 'u' } },
        ],
      },
    ],
  ])('%s', (_, one, other) => {
    expect(digestResponse(one)).not.toBe(digestResponse(other));
  });
});

test('a call and its result keep their connection, whatever the id', () => {
  const conversation = (id: string, answered: string): Message[] => [
    { role: 'user', content: 'q' },
    call(id, '{}'),
    { role: 'tool', tool_call_id: answered, content: 'r' },
  ];
  expect(digestPrompt(conversation('a', 'a'))).toBe(digestPrompt(conversation('b', 'b')));
  expect(digestPrompt(conversation('a', 'a'))).not.toBe(digestPrompt(conversation('a', 'b')));
});

test('text and its one-message list are one prompt, and share their last message', () => {
  const list: Message[] = [{ role: 'user', content: 'q' }];
  expect(digestPrompt('q')).toBe(digestPrompt(list));
  expect(digestLastMessage('q')).toBe(digestLastMessage(list));
  expect(digestLastMessage('q')).toBe(digestLastMessage([{ role: 'system', content: 's' }, ...list]));
  expect(digestPrompt('q')).not.toBe(digestPrompt([{ role: 'system', content: 's' }, ...list]));
});

test('arguments nested deeper than any record are compared as text, not followed', () => {
  const deep = '['.repeat(100_000) + ']'.repeat(100_000);
  expect(digestResponse(call('a', deep))).toBe(digestResponse(call('b', deep)));
});

test('the digest of a text whose JSON is known is that of the text', () => {
  fc.assert(
    fc.property(
      fc.oneof(fc.string(), fc.string({ unit: 'grapheme' }), fc.constantFrom('a ', 'e\u0301', '\u00a0')),
      (text) => {
        const json = toUtf8(JSON.stringify(text));
        expect(digestTextPrompt(json, () => text)).toBe(digestPrompt(text));
        expect(digestTextResponse(json, () => text)).toBe(digestResponse(text));
      },
    ),
  );
});

test('an answer of several messages is compared by all of them, its calls numbered across them', () => {
  const answer = (id: string, result: string): Message[] => [
    call(id, '{"x": 1}'),
    { role: 'tool', tool_call_id: id, content: result },
    { role: 'assistant', content: 'done ' },
  ];
  expect(digestResponse(answer('a', 'r'))).toBe(digestResponse(answer('b', 'r')));
  expect(digestResponse(answer('a', 'r'))).not.toBe(digestResponse(answer('a', 'other')));
  expect(digestResponse([{ role: 'assistant', content: 'yes' }])).toBe(digestResponse('yes'));
});

test('tools are the same in any order, and with their keys in any order', () => {
  const tool = (name: string, more: object = {}) => ({
    type: 'function',
    function: { name, description: 'looks', parameters: { type: 'object', required: ['a'] }, ...more },
  });
  const same = [
    {
      function: { parameters: { required: ['a'], type: 'object' }, description: 'looks', name: 'b' },
      type: 'function',
    },
    { name: 'a', description: 'looks', parameters: { required: ['a'], type: 'object' } },
  ];
  expect(digestTools([tool('a'), tool('b')])).toBe(digestTools(same));
  expect(digestTools([tool('a')])).not.toBe(digestTools([tool('a'), tool('b')]));
  expect(digestTools([tool('a')])).not.toBe(digestTools([tool('a', { description: 'finds' })]));
  expect(digestTools([tool('a')])).not.toBe(digestTools([tool('a', { parameters: {} })]));
});

test('marks are composed and sorted, unless a text heaps a hundred of them on one character', () => {
  expect(digestPrompt('e\u0301')).toBe(digestPrompt('\u00e9'));
  const [above, below] = ['\u0301', '\u0316'];
  for (const [times, isSame] of [
    [1, true],
    [30, true],
    [49, true],
    [110, false],
    [50_000, false],
  ] as const) {
    const [one, other] = [
      `${'x'.repeat(77)}a${(above + below).repeat(times)}`,
      `${'x'.repeat(77)}a${(below + above).repeat(times)}`,
    ];
    expect(digestPrompt(one) === digestPrompt(other), `${times}`).toBe(isSame);
  }
});

import { describe, expect, test } from 'vitest';
import {
  finalAnswer,
  readContent,
  readMessages,
  readResponseItems,
  readToolCall,
  readTools,
  splitConversation,
} from '../../lib/sources/conversation.ts';

const user = (content: string) => ({ role: 'user', content });
const assistant = (content: string) => ({ role: 'assistant', content });
const tool = (content: string) => ({ role: 'tool', content, tool_call_id: 'a' });

describe('where the prompt ends', () => {
  test('before the first message of the assistant, though others speak before it', () => {
    expect(
      splitConversation([user('Hello')], [user('The board is empty.'), assistant('e4'), user('e5'), assistant('Nf3')]),
    ).toEqual({
      kind: 'messages',
      prompt: [user('Hello'), user('The board is empty.')],
      trajectory: [assistant('e4'), user('e5'), assistant('Nf3')],
    });
  });

  test('examples in what was given stay there', () => {
    const given = [user('1+1?'), assistant('2'), user('2+2?')];
    expect(splitConversation(given, [assistant('4')])).toMatchObject({ prompt: given, trajectory: [assistant('4')] });
  });

  test('what nobody answered is dropped from the end', () => {
    const { trajectory } = splitConversation([user('Hello')], [assistant('I look.'), tool('14'), user('Go on.')]);
    expect(trajectory).toEqual([assistant('I look.')]);
  });

  test('without any message of the assistant there is no answer', () => {
    expect(splitConversation([user('Hello')], [tool('14')])).toMatchObject({
      prompt: [user('Hello'), tool('14')],
      trajectory: [],
    });
  });
});

test.each([
  [[assistant('14')], true],
  [[assistant('I look.'), tool('14')], false],
  [[assistant(' ')], false],
  [[{ ...assistant('I look.'), tool_calls: [{ id: 'a' }] }], false],
  [[{ ...assistant('14'), tool_calls: [] }], true],
  [[], false],
])('%j ends in an answer: %s', (trajectory, answers) => {
  expect(finalAnswer(trajectory) !== undefined).toBe(answers);
});

describe('messages', () => {
  test('keep what a trainer knows, and no ids and stamps of the product', () => {
    const found = {
      id: 'm1',
      role: 'assistant',
      content: null,
      name: 'solver',
      reasoning_content: 'Hm.',
      tool_calls: [{ id: 'a', type: 'function', function: { name: 'stock', arguments: '{"item": "lamp"}' }, index: 0 }],
      timestamp: 17,
    };
    expect(readMessages([found])).toEqual([
      {
        role: 'assistant',
        content: '',
        name: 'solver',
        reasoning_content: 'Hm.',
        tool_calls: [{ id: 'a', type: 'function', function: { name: 'stock', arguments: '{"item": "lamp"}' } }],
      },
    ]);
  });

  test('text is one message of the user; ShareGPT’s names are read', () => {
    expect(readMessages('Hello')).toEqual([user('Hello')]);
    expect(
      readMessages([
        { from: 'human', value: 'Hello' },
        { from: 'gpt', value: 'Hi' },
      ]),
    ).toEqual([user('Hello'), assistant('Hi')]);
  });

  test.each([
    [undefined],
    [7],
    [{}],
    [['Hello']],
    [[{ content: 'Hello' }]],
    [[{ role: 'assistant', tool_calls: [{}] }]],
    [[{ from: 'Paris', to: 'Rome', value: 1 }]],
    [[{ from: 'human' }]],
  ])('%j is no list of messages', (found) => {
    expect(readMessages(found)).toBeUndefined();
  });

  test('parts that are all text are joined as they are', () => {
    expect(readContent([{ type: 'input_text', text: 'a ' }, { type: 'output_text', text: 'b' }, 'c'])).toBe('a bc');
    expect(readContent([{ type: 'refusal', refusal: 'I cannot.' }])).toBe('I cannot.');
    expect(readContent([])).toBe('');
  });

  test('an image keeps the parts apart, in OpenAI’s form', () => {
    const image = { type: 'input_image', image_url: 'http://x/i.png', detail: 'low' };
    expect(readContent([{ type: 'input_text', text: 'a' }, image, { type: 'file', file: 'f' }])).toEqual([
      { type: 'text', text: 'a' },
      { type: 'image_url', image_url: { url: 'http://x/i.png', detail: 'low' } },
      { type: 'file', file: 'f' },
    ]);
  });
});

describe('calls and tools', () => {
  const call = { id: 'a', type: 'function', function: { name: 'stock', arguments: '{"item":"lamp"}' } };

  test.each([
    ['OpenAI’s form', call],
    ['no inner object', { id: 'a', name: 'stock', arguments: '{"item":"lamp"}' }],
    ['arguments that are an object', { id: 'a', name: 'stock', arguments: { item: 'lamp' } }],
    ['JSON text', JSON.stringify({ id: 'a', name: 'stock', arguments: '{"item":"lamp"}' })],
    ['JSON text of OpenAI’s form', JSON.stringify(call)],
  ])('a call in %s is OpenAI’s', (_, found) => {
    expect(readToolCall(found)).toEqual(call);
  });

  test('arguments stay the text that they are, broken or not', () => {
    expect(readToolCall({ id: 'a', name: 'stock', arguments: '{"item": "lamp"' })).toMatchObject({
      function: { arguments: '{"item": "lamp"' },
    });
  });

  test('a namespace is part of the name, in a call and in its tool', () => {
    expect(readToolCall({ id: 'a', name: 'stock', namespace: 'shop', arguments: '{}' })).toMatchObject({
      function: { name: 'shop.stock' },
    });
    expect(readTools([{ name: 'stock', namespace: 'shop' }])).toEqual([
      { type: 'function', function: { name: 'shop.stock' } },
    ]);
  });

  test.each([['no JSON'], [{ id: 'a' }], [{ id: 'a', function: {} }], [null]])('%j is no call', (found) => {
    expect(readToolCall(found)).toBeUndefined();
  });

  test('tools come to OpenAI’s form; what is no function stays', () => {
    const declared = { name: 'stock', description: 'How many.', parameters: { type: 'object' } };
    const search = { type: 'web_search' };
    expect(
      readTools([
        { type: 'function', ...declared, strict: true },
        { type: 'function', function: declared },
        declared,
        search,
      ]),
    ).toEqual([
      { type: 'function', function: declared },
      { type: 'function', function: declared },
      { type: 'function', function: declared },
      search,
    ]);
    expect(readTools([])).toBeUndefined();
    expect(readTools(null)).toBeUndefined();
  });
});

describe('items of the Responses API', () => {
  const messagesOf = (items: readonly unknown[]) => readResponseItems(items);
  const said = (...texts: string[]) => ({
    type: 'message',
    role: 'assistant',
    content: texts.map((text) => ({ type: 'output_text', text, annotations: [] })),
  });
  const thought = (...texts: string[]) => ({
    type: 'reasoning',
    summary: texts.map((text) => ({ type: 'summary_text', text })),
  });
  const called = (call_id: string) => ({ type: 'function_call', call_id, id: 'fc', name: 'stock', arguments: '{}' });
  const returned = (call_id: string, output: unknown) => ({ type: 'function_call_output', call_id, output });
  const call = (id: string) => ({ id, type: 'function', function: { name: 'stock', arguments: '{}' } });

  test('reasoning, text and calls that follow one another are one message', () => {
    expect(
      messagesOf([
        thought('I ', 'look.'),
        said('One ', 'moment.'),
        said(' Yes.'),
        called('a'),
        called('b'),
        returned('a', '14'),
        said('14'),
      ]),
    ).toEqual({
      messages: [
        {
          role: 'assistant',
          content: 'One moment. Yes.',
          reasoning_content: 'I look.',
          tool_calls: [call('a'), call('b')],
        },
        { role: 'tool', content: '14', tool_call_id: 'a' },
        { role: 'assistant', content: '14' },
      ],
    });
  });

  test('messages of others stand between, also those without a type', () => {
    expect(
      messagesOf([
        { role: 'user', content: 'Hello' },
        said('Hi'),
        { type: 'message', role: 'system', content: 'Be brief.' },
        said('Yes'),
      ]),
    ).toEqual({
      messages: [user('Hello'), assistant('Hi'), { role: 'system', content: 'Be brief.' }, assistant('Yes')],
    });
  });

  test('steps that are lists are read through', () => {
    expect(messagesOf([[called('a'), returned('a', '14')], [said('14')]])).toMatchObject({
      messages: [{}, {}, assistant('14')],
    });
  });

  test('a result of several parts is their text; reasoning of open models lies in its content', () => {
    const open = { type: 'reasoning', summary: [], content: [{ type: 'reasoning_text', text: 'Hm.' }] };
    expect(
      messagesOf([
        open,
        called('a'),
        returned('a', [
          { type: 'input_text', text: '1' },
          { type: 'input_text', text: '4' },
        ]),
      ]),
    ).toEqual({
      messages: [
        { role: 'assistant', content: '', reasoning_content: 'Hm.', tool_calls: [call('a')] },
        { role: 'tool', content: '14', tool_call_id: 'a' },
      ],
    });
  });

  test('a custom tool takes text', () => {
    const custom = { type: 'custom_tool_call', call_id: 'a', name: 'sql', input: 'SELECT 1' };
    expect(messagesOf([custom, { type: 'custom_tool_call_output', call_id: 'a', output: '1' }])).toEqual({
      messages: [
        {
          role: 'assistant',
          content: '',
          tool_calls: [{ id: 'a', type: 'custom', custom: { name: 'sql', input: 'SELECT 1' } }],
        },
        { role: 'tool', content: '1', tool_call_id: 'a' },
      ],
    });
  });

  test('an item that no chat has is named', () => {
    expect(messagesOf([said('Hi'), { type: 'web_search_call', id: 'w' }])).toEqual({ unknown: 'web_search_call' });
    expect(messagesOf(['text'])).toEqual({ unknown: 'text' });
  });
});

import { describe, expect, test } from 'vitest';
import { memoryStore } from '../support/memory-store.ts';
import { memoryDeps, runSteps } from '../support/run.ts';

/*
 * Messages in any dialect, through whole runs of `strict`: as NAT's traces, as candidate lines, and as records of the
 * format `candidates`, a form gives the same messages or is refused by the same name.
 */

type Texts = { readonly prompt: unknown; readonly response: unknown };

const line = (id: string, index: number, { prompt, response }: Texts) => ({
  ...{ example_id: id, turn_id: 't', candidate_index: index, score: 1 - index },
  ...(prompt !== undefined && { prompt }),
  response,
});
const step = (index: number, { prompt, response }: Texts) => ({
  payload: {
    ...{ event_type: 'TTC_END', name: 'dpo_candidate_move', UUID: `u${index}`, metadata: {} },
    data: { turn_id: 't', candidate_index: index, score: 1 - index, input: prompt, output: response },
  },
});
const lines = (records: readonly object[]) => records.map((record) => `${JSON.stringify(record)}\n`).join('');

/** One candidate of the form, and one that is plain. */
const SOURCES = {
  "NAT's traces": (form: Texts, plain: Texts) => ({
    text: lines([{ id: 'e', intermediate_steps: [step(0, form), step(1, plain)] }]),
    source: {},
  }),
  'candidate lines': (form: Texts, plain: Texts) => ({
    text: lines([line('e', 0, form), line('e', 1, plain)]),
    source: {},
  }),
  'records of candidates': (form: Texts, plain: Texts) => ({
    text: lines([line('e', 0, form), line('e', 1, plain)]),
    source: { format: 'candidates' },
  }),
} as const;

async function run(from: keyof typeof SOURCES, form: Texts, plain: Texts) {
  const { text, source } = SOURCES[from](form, plain);
  const traces = memoryStore('traces');
  await traces.create('a.jsonl', Buffer.from(text));
  const { groups, losses } = await runSteps(
    {
      source: { traces: { bucket: 'traces', key: 'a.jsonl' }, ...source },
      limits: { allow_empty: true, max_rejected_fraction: 1 },
    },
    memoryDeps(traces),
  );
  const [episode] = groups[0]?.trajectories[0]?.episode ?? [];
  return {
    episode,
    reasons: [...new Set(losses.map(({ reason }) => reason))],
    details: losses.map(({ detail }) => detail),
  };
}

const asked = [{ role: 'user', content: 'What colour?' }];
const MESSAGES: readonly (readonly [string, unknown])[] = [
  ["OpenAI's", asked],
  ['one message', asked[0]],
  ['text parts in a message', [{ role: 'user', content: [{ type: 'text', text: 'What colour?' }] }]],
  ["ShareGPT's", [{ from: 'human', value: 'What colour?' }]],
  ["one of ShareGPT's", { from: 'human', value: 'What colour?' }],
  ["LangChain's", [{ type: 'human', content: 'What colour?', additional_kwargs: {} }]],
  ["LangChain's, with data", [{ type: 'human', data: { content: 'What colour?' } }]],
  [
    "LangChain's dump",
    [{ lc: 1, type: 'constructor', id: ['HumanMessage'], kwargs: { type: 'human', content: 'What colour?' } }],
  ],
  ['of a human as its role', [{ role: 'human', content: 'What colour?' }]],
  ['of a role in capitals', [{ role: 'User', content: 'What colour?' }]],
  ['of a human as JSON text', JSON.stringify([{ role: 'human', content: 'What colour?' }])],
  ["Gemini's", [{ role: 'user', parts: [{ text: 'What colour?' }] }]],
  ['a list in an object', { messages: asked }],
  ["ShareGPT's list in an object", { conversations: [{ from: 'human', value: 'What colour?' }] }],
  ['messages as JSON text', JSON.stringify(asked)],
  ['messages as JSON text of JSON text', JSON.stringify(JSON.stringify(asked))],
  ['a list in an object as JSON text', JSON.stringify({ messages: asked })],
];

/** Messages as Python, pandas and broken writers leave them in a text. */
const IN_NO_JSON: readonly (readonly [string, string])[] = [
  ["Python's list", "[{'role': 'user', 'content': 'What colour?'}]"],
  ["Python's list of keys in another order", "[{'content': \"What's this?\", 'role': 'user'}]"],
  ["Python's list over lines", " [\n  {'role': 'user',\n   'content': 'What colour?'}\n]\n"],
  ["Python's None in double quotes", '[{"role": "assistant", "content": None, "tool_calls": []}]'],
  ["one of Python's objects", "{'role': 'user', 'content': 'What colour?'}"],
  ["Python's list in an object", "{'messages': [{'role': 'user', 'content': 'What colour?'}]}"],
  ["ShareGPT's list as Python has it", "[{'from': 'human', 'value': 'What colour?'}]"],
  ["LangChain's list as Python has it", "[{'type': 'human', 'content': 'What colour?'}]"],
  [
    "numpy's list, without commas",
    "[{'role': 'system', 'content': 'Be brief.'}\n {'role': 'user', 'content': 'What?'}]",
  ],
  ["numpy's array", "array([{'content': 'What colour?', 'role': 'user'}], dtype=object)"],
  ["objects of LangChain's classes", "[HumanMessage(content='What colour?', additional_kwargs={})]"],
  ["an object of OpenAI's class", "ChatCompletionMessage(content='Blue', refusal=None, role='assistant')"],
  ['JSON with a comma too many', '[{"role": "user", "content": "What colour?"},]'],
  ['JSON that was cut short', '[{"role": "user", "content": "What col'],
  ['JSON lines', '{"role":"system","content":"Be brief."}\n{"role":"user","content":"What colour?"}'],
];

/** Texts that look like messages and are none. */
const TEXTS: readonly (readonly [string, string])[] = [
  ['about messages', "[{'role': 'user', 'content': 'Hi'}] is what I have. Where is the fault?"],
  ['that is an object of Python', "{'id': 5, 'name': 'Bob', 'role': 'user'}"],
  ['that is a list of Python', "['a', 'b']"],
  ['that is a tool as JSON', '[{"type": "function", "function": {"name": "f", "parameters": {}}}]'],
  ['that is a person as JSON', '{"id": 5, "name": "Bob", "role": "user"}'],
  ['that quotes a list', '"[1, 2]" is what it printed.'],
  ['that is a quoted list', '"[1, 2]"'],
  ['that begins with a bracket', '[Scene: a user and an assistant] "role": "user"'],
  ['that is a call of a class', 'HumanMessage(content) is undefined, why?'],
];

describe.each(Object.keys(SOURCES) as (keyof typeof SOURCES)[])('in %s', (from) => {
  test.each(MESSAGES)('a prompt of messages is read: %s', async (name, prompt) => {
    const { episode, reasons } = await run(from, { prompt, response: 'Blue' }, { prompt: asked, response: 'Mud' });
    expect(reasons).toEqual([]);
    // Compared, not written: of OpenAI's form parts stay as they are.
    if (name !== 'text parts in a message') expect(episode?.prompt).toEqual(asked);
    expect(episode).toMatchObject({ chosen_response: 'Blue', rejected_response: 'Mud' });
  });

  test.each<[string, unknown]>([
    [
      'text parts',
      [
        { type: 'text', text: 'Bl' },
        { type: 'text', text: 'ue' },
      ],
    ],
    ['a message', { role: 'assistant', content: 'Blue' }],
    ['a list of one message', [{ role: 'assistant', content: 'Blue' }]],
    ["one of ShareGPT's", { from: 'gpt', value: 'Blue' }],
    ["a list of one of LangChain's", [{ type: 'ai', content: 'Blue' }]],
    ['of an AI as its role', { role: 'ai', content: 'Blue' }],
    ['of a role in capitals', [{ role: 'Assistant', content: 'Blue' }]],
    ["Gemini's", { role: 'model', parts: [{ text: 'Blue' }] }],
    ['a list in an object', { messages: [{ role: 'assistant', content: 'Blue' }] }],
    ['messages as JSON text, to messages', JSON.stringify([{ role: 'assistant', content: 'Blue' }])],
  ])('an answer is read: %s', async (_, response) => {
    const { episode, reasons } = await run(from, { prompt: asked, response }, { prompt: asked, response: 'Mud' });
    expect(reasons).toEqual([]);
    const { chosen_response: chosen } = episode ?? {};
    expect(typeof chosen === 'string' ? { role: 'assistant', content: chosen } : chosen).toEqual({
      role: 'assistant',
      content: 'Blue',
    });
  });

  test.each(IN_NO_JSON)('a prompt of messages in no JSON is refused by name: %s', async (_, prompt) => {
    const { episode, reasons, details } = await run(from, { prompt, response: 'Blue' }, { prompt, response: 'Mud' });
    expect({ episode, reasons }).toEqual({ episode: undefined, reasons: ['invalid_prompt'] });
    expect(details[0]).toContain('write them with json.dumps');
  });

  test.each(IN_NO_JSON)('an answer to messages that is in no JSON is refused by name: %s', async (_, response) => {
    const { episode, reasons } = await run(from, { prompt: asked, response }, { prompt: asked, response: 'Mud' });
    expect({ episode, reasons }).toEqual({ episode: undefined, reasons: ['invalid_response'] });
  });

  test.each(TEXTS)('a text stays a text: %s', async (_, text) => {
    const asPrompt = await run(from, { prompt: text, response: 'Blue' }, { prompt: text, response: 'Mud' });
    expect(asPrompt.episode).toMatchObject({ prompt: text, chosen_response: 'Blue' });
    const asAnswer = await run(from, { prompt: asked, response: text }, { prompt: asked, response: 'Mud' });
    expect(asAnswer.episode).toMatchObject({ chosen_response: text, rejected_response: 'Mud' });
  });

  test('text parts that a text holds as JSON are their text', async () => {
    const prompt = JSON.stringify([
      { type: 'text', text: 'What ' },
      { type: 'text', text: 'colour?' },
    ]);
    const response = JSON.stringify([{ type: 'text', text: 'Blue' }]);
    const { episode } = await run(from, { prompt, response: 'Blue' }, { prompt, response: 'Mud' });
    expect(episode?.prompt).toBe('What colour?');
    const answered = await run(from, { prompt: asked, response }, { prompt: asked, response: 'Mud' });
    expect(answered.episode?.chosen_response).toBe('Blue');
  });

  test('a call of a tool keeps its arguments in any dialect', async () => {
    const called = { type: 'ai', content: '', tool_calls: [{ name: 'pick', args: { c: 'red' }, id: 'a' }] };
    const { episode } = await run(from, { prompt: asked, response: called }, { prompt: asked, response: 'Mud' });
    expect(episode?.chosen_response).toMatchObject({
      tool_calls: [{ function: { name: 'pick', arguments: '{"c":"red"}' } }],
    });
  });

  test('an answer of JSON to a prompt of text stays text', async () => {
    const response = '[{"role":"assistant","content":"Blue"}]';
    const { episode } = await run(
      from,
      { prompt: 'Write a chat.', response },
      { prompt: 'Write a chat.', response: 'No' },
    );
    expect(episode).toMatchObject({ prompt: 'Write a chat.', chosen_response: response });
  });

  test.each<[string, unknown, string]>([
    ['none', undefined, 'missing_prompt'],
    ['null', null, 'missing_prompt'],
    ['empty text', '', 'empty_prompt'],
    ['white space', ' \n', 'empty_prompt'],
    ['text without width', '\u200b', 'empty_prompt'],
    ['messages without content', [{ role: 'user', content: '' }], 'empty_prompt'],
    ['an object of other keys', { question: 'What?' }, 'invalid_prompt'],
    ['a request with more than messages', { messages: asked, model: 'm' }, 'invalid_prompt'],
    ['a list of objects of no dialect', [{ speaker: 'user', says: 'What?' }], 'invalid_prompt'],
    ['a list of texts', ['What?'], 'invalid_prompt'],
    ['true', true, 'invalid_prompt'],
  ])('a prompt is refused by name: %s', async (_, prompt, reason) => {
    const { episode, reasons } = await run(from, { prompt, response: 'Blue' }, { prompt, response: 'Mud' });
    expect(episode).toBeUndefined();
    expect(reasons).toEqual([reason]);
  });

  test.each<[string, unknown, RegExp]>([
    ['an object of other keys', { answer: 'Blue' }, /^invalid_response$/],
    ['a completion', { choices: [{ message: { role: 'assistant', content: 'Blue' } }] }, /^invalid_response$/],
    ['text without width', '\u200b\u200d', /^empty_response$/],
    ['an empty list of messages', { messages: [] }, /^(?:invalid|empty)_response$/],
    ['a message without content', [{ type: 'ai', content: '' }], /^empty_response$/],
    ['false', false, /^invalid_response$/],
  ])('an answer is refused by name: %s', async (_, response, reason) => {
    const { episode, reasons } = await run(from, { prompt: 'Q', response }, { prompt: 'Q', response: 'Mud' });
    expect(episode).toBeUndefined();
    expect(reasons).toEqual([expect.stringMatching(reason)]);
  });
});

test('an answer of several messages is refused where answers are single', async () => {
  const response = [
    { role: 'assistant', content: 'Let me see.' },
    { role: 'assistant', content: 'Blue' },
  ];
  for (const from of Object.keys(SOURCES) as (keyof typeof SOURCES)[]) {
    const { reasons } = await run(from, { prompt: 'Q', response }, { prompt: 'Q', response: 'Mud' });
    expect(reasons).toEqual(['several_messages']);
  }
});

test('keys of candidate lines that nothing reads are named in a warning', async () => {
  const traces = memoryStore('traces');
  const answers = [0, 1].map((index) => ({
    ...line('e', index, { prompt: 'Q', response: `A${index}` }),
    reasoning: 'x',
  }));
  await traces.create('a.jsonl', Buffer.from(lines(answers)));
  const source = { traces: { bucket: 'traces', key: 'a.jsonl' } };
  const { manifest } = await runSteps({ source }, memoryDeps(traces));
  expect(manifest.warnings.join(' ')).toContain('reasoning (2)');
});

test.each(IN_NO_JSON)('an answer in a table is refused by name: %s', async (_, response) => {
  const traces = memoryStore('traces');
  const cell = (text: string) => `"${text.replaceAll('"', '""')}"`;
  const rows = [response, 'Mud', 'Red'].map((text, at) => ['t', 'What colour?', cell(text), at].join(','));
  await traces.create('a.csv', Buffer.from(['task_id,prompt,response,reward', ...rows, ''].join('\n')));
  const source = { traces: { bucket: 'traces', key: 'a.csv' } };
  const { losses, totals } = await runSteps({ source, limits: { max_rejected_fraction: 1 } }, memoryDeps(traces));
  expect(losses.map(({ reason }) => reason)).toEqual(['invalid_response']);
  expect(totals.total_pairs).toBe(1);
});

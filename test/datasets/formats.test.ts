import { describe, expect, test } from 'vitest';
import { FormatName } from '../../lib/contract/dataset.ts';
import { LeftOutReason } from '../../lib/contract/dataset-result.ts';
import type { Prompt, Response } from '../../lib/contract/trajectory.ts';
import { refuseColumns } from '../../lib/datasets/refuse-columns.ts';
import { exported, group, type PairSpec } from './collections.ts';

const call = (arguments_: unknown) => ({
  id: 'c1',
  type: 'function',
  function: { name: 'look', arguments: arguments_ },
});
const tool = { type: 'function', function: { name: 'look', description: 'Looks.', parameters: { type: 'object' } } };
const calling = { role: 'assistant', content: null, tool_calls: [call({ at: 1 })] };
const chat: Prompt = [
  { content: 'Play X.', role: 'system' },
  { role: 'user', content: 'first', name: null },
  { role: 'assistant', content: 'a1', tool_calls: [] },
  { role: 'user', content: 'second' },
];

/** The one training line of a format, and what was left out. */
async function written(format: string, pairs: readonly PairSpec[], dataset: object = {}) {
  const groups = pairs.map((pair, offset) => group(`e${offset}`, [pair], { offset }));
  const { result, lines } = await exported(groups, { formats: [format], validation_fraction: 0, ...dataset });
  const made = result.formats[FormatName.parse(format)];
  const files = (made?.files ?? []).filter(({ split }) => split === 'training').map(({ file }) => file);
  return { files, lines: files.flatMap((file) => lines(`${format}/${file}`)), left_out: made?.left_out ?? {} };
}

describe('a chat prompt becomes, as the trainer reads it,', () => {
  const plain = [
    { role: 'system', content: 'Play X.' },
    { role: 'user', content: 'first' },
    { role: 'assistant', content: 'a1' },
    { role: 'user', content: 'second' },
  ];
  const assistant = (content: string) => ({ role: 'assistant', content });

  test.each([
    ['nemo_customizer', {}, { prompt: 'second', chosen_response: 'good', rejected_response: 'bad' }],
    [
      'nemo_customizer',
      { use_full_message_history: true },
      { prompt: plain, chosen_response: 'good', rejected_response: 'bad' },
    ],
    ['nemo_platform', {}, { prompt: plain, chosen: 'good', rejected: 'bad' }],
    [
      'nemo_rl',
      {},
      {
        context: plain,
        completions: [
          { rank: 0, completion: [assistant('good')] },
          { rank: 1, completion: [assistant('bad')] },
        ],
      },
    ],
    ['trl', {}, { prompt: plain, chosen: [assistant('good')], rejected: [assistant('bad')] }],
    [
      'openai',
      {},
      {
        input: { messages: plain, tools: [], parallel_tool_calls: true },
        preferred_output: [assistant('good')],
        non_preferred_output: [assistant('bad')],
      },
    ],
    [
      'amazon_nova',
      {},
      {
        system: [{ text: 'Play X.' }],
        messages: [
          { role: 'user', content: [{ text: 'first' }] },
          { role: 'assistant', content: [{ text: 'a1' }] },
          { role: 'user', content: [{ text: 'second' }] },
          {
            role: 'assistant',
            candidates: [
              { content: [{ text: 'good' }], preferenceLabel: 'preferred' },
              { content: [{ text: 'bad' }], preferenceLabel: 'non-preferred' },
            ],
          },
        ],
      },
    ],
    ['axolotl', {}, { messages: plain, chosen: assistant('good'), rejected: assistant('bad') }],
    ['ms_swift', {}, { messages: [...plain, assistant('good')], rejected_messages: [...plain, assistant('bad')] }],
    ['sagemaker', {}, { prompt: plain, chosen: [assistant('good')], rejected: [assistant('bad')] }],
    ...['together', 'fireworks'].map((format): [string, object, object] => [
      format,
      {},
      {
        input: { messages: plain },
        preferred_output: [assistant('good')],
        non_preferred_output: [assistant('bad')],
      },
    ]),
    [
      'llama_factory',
      {},
      {
        conversations: [
          { from: 'system', value: 'Play X.' },
          { from: 'human', value: 'first' },
          { from: 'gpt', value: 'a1' },
          { from: 'human', value: 'second' },
        ],
        chosen: { from: 'gpt', value: 'good' },
        rejected: { from: 'gpt', value: 'bad' },
      },
    ],
  ] satisfies [string, object, object][])('%s %j', async (format, dataset, line) => {
    const { lines, left_out } = await written(format, [{ prompt: chat }], dataset);
    expect(JSON.stringify(lines)).toBe(JSON.stringify([line]));
    expect(left_out).toEqual({});
  });

  test('trl_kto: a line for each completion', async () => {
    const { lines } = await written('trl_kto', [{ prompt: chat }]);
    expect(JSON.stringify(lines)).toBe(
      JSON.stringify([
        { prompt: plain, completion: [assistant('good')], label: true },
        { prompt: plain, completion: [assistant('bad')], label: false },
      ]),
    );
  });
});

test('text prompts stay text in nemo_customizer and nemo_platform, and become a user message elsewhere', async () => {
  const user = [{ role: 'user', content: 'p' }];
  const first = async (format: string) => (await written(format, [{}])).lines[0];
  const said = (content: string) => [{ role: 'assistant', content }];
  expect(await first('trl')).toEqual({ prompt: user, chosen: said('good'), rejected: said('bad') });
  expect(await first('trl_kto')).toEqual({ prompt: user, completion: said('good'), label: true });
  expect(await first('nemo_platform')).toEqual({ prompt: 'p', chosen: 'good', rejected: 'bad' });
  expect(await first('nemo_customizer')).toMatchObject({ prompt: 'p' });
  expect(await first('openai')).toMatchObject({ input: { messages: user } });
  expect(await first('nemo_rl')).toMatchObject({ context: user });
  expect(await first('axolotl')).toMatchObject({ messages: user });
});

test('one chat prompt makes all of a trl or nemo_platform file conversational, from the first line on', async () => {
  const pairs = [{ prompt: 'text' }, { prompt: chat }];
  for (const format of ['trl', 'nemo_platform']) {
    const { lines } = await written(format, pairs);
    expect(lines[0]).toMatchObject({ prompt: [{ role: 'user', content: 'text' }] });
  }
});

test('tools and tool calls come in each form as the trainer reads them, without a null', async () => {
  const answered = [
    { role: 'user', content: 'p' },
    calling,
    { role: 'tool', tool_call_id: 'c1', name: 'look', content: '3' },
  ];
  const pairs = [
    { prompt: answered, chosen: calling, tools: [tool] },
    { prompt: 'without', chosen: 'good' },
  ];
  const first = async (format: string) => (await written(format, pairs)).lines;
  const asked = [
    { role: 'user', content: 'p' },
    { role: 'assistant', content: '', tool_calls: [call({ at: 1 })] },
    { role: 'tool', content: '3', name: 'look', tool_call_id: 'c1' },
  ];
  const made = { role: 'assistant', content: '', tool_calls: [call({ at: 1 })] };
  const bad = { role: 'assistant', content: 'bad' };
  const trl = await first('trl');
  expect(trl).toEqual([
    { prompt: asked, chosen: [made], rejected: [bad], tools: JSON.stringify([tool]) },
    {
      prompt: [{ role: 'user', content: 'without' }],
      chosen: [{ role: 'assistant', content: 'good' }],
      rejected: [bad],
      tools: '[]',
    },
  ]);
  expect(JSON.stringify(trl)).not.toContain('null');
  expect(await first('trl_kto')).toContainEqual({
    ...{ prompt: asked, completion: [made], label: true, tools: JSON.stringify([tool]) },
  });
  expect((await first('nemo_rl'))[0]).toEqual({
    context: asked,
    completions: [
      { rank: 0, completion: [made] },
      { rank: 1, completion: [bad] },
    ],
    tools: [tool],
  });
  expect((await first('ms_swift'))[0]).toEqual({
    messages: [
      { role: 'user', content: 'p' },
      { role: 'tool_call', content: '{"name":"look","arguments":{"at":1}}' },
      { role: 'tool_response', content: '3' },
      { role: 'tool_call', content: '{"name":"look","arguments":{"at":1}}' },
    ],
    rejected_messages: [
      { role: 'user', content: 'p' },
      { role: 'tool_call', content: '{"name":"look","arguments":{"at":1}}' },
      { role: 'tool_response', content: '3' },
      bad,
    ],
    tools: JSON.stringify([tool]),
  });
  expect((await first('openai'))[0]).toEqual({
    input: {
      messages: [
        { role: 'user', content: 'p' },
        { role: 'assistant', tool_calls: [call('{"at":1}')] },
        { role: 'tool', content: '3', tool_call_id: 'c1' },
      ],
      tools: [tool],
      parallel_tool_calls: true,
    },
    preferred_output: [{ role: 'assistant', tool_calls: [call('{"at":1}')] }],
    non_preferred_output: [bad],
  });
  const { function: declared } = tool;
  expect(await first('llama_factory')).toEqual([
    {
      conversations: [
        { from: 'human', value: 'p' },
        { from: 'function_call', value: '{"name":"look","arguments":{"at":1}}' },
        { from: 'observation', value: '3' },
      ],
      chosen: { from: 'function_call', value: '{"name":"look","arguments":{"at":1}}' },
      rejected: { from: 'gpt', value: 'bad' },
      tools: JSON.stringify([declared]),
    },
    {
      conversations: [{ from: 'human', value: 'without' }],
      chosen: { from: 'gpt', value: 'good' },
      rejected: { from: 'gpt', value: 'bad' },
      tools: '',
    },
  ]);
});

test('integers in the arguments of a call keep their digits', async () => {
  const chosen = { role: 'assistant', content: null, tool_calls: [call('{"id":12345678901234567890}')] };
  const { result, files } = await exported([group('a', [{ chosen }])], { formats: ['trl'], validation_fraction: 0 });
  expect(result.formats.trl?.left_out).toEqual({});
  expect(files.get('trl/train.jsonl')).toContain('"arguments":{"id":12345678901234567890}');
});

describe('dataset.prompt_style', () => {
  const plain = { prompt: 'p', chosen: 'good', rejected: 'bad' };
  test('text keeps texts as they are, for base models, and warns of formats whose trainers template them', async () => {
    const dataset = { formats: ['trl', 'nemo_rl'], prompt_style: 'text', validation_fraction: 0 };
    const { lines, files, result } = await exported([group('a', [{}])], dataset);
    expect(lines('trl/train.jsonl')).toEqual([plain]);
    expect(files.get('trl/README.md')).toContain('Prompts and answers are plain text');
    expect(result.warnings).toEqual([expect.stringContaining('the trainer of nemo_rl applies a chat template')]);
  });
  test('auto keeps texts that have a chat template in them already', async () => {
    const dataset = { formats: ['trl'], validation_fraction: 0 };
    const { lines } = await exported([group('a', [{}])], dataset, { rendered: true });
    expect(lines('trl/train.jsonl')).toEqual([plain]);
    const chat = await exported([group('a', [{}])], { ...dataset, prompt_style: 'chat' }, { rendered: true });
    expect(chat.lines('trl/train.jsonl')).toMatchObject([{ prompt: [{ role: 'user', content: 'p' }] }]);
  });
});

describe('dataset.columns', () => {
  const columns = ['margin', 'score_chosen', 'score_rejected', 'example_id', 'lineage'];
  const dataset = { columns, validation_fraction: 0 };
  test('come after the texts, in the order asked for', async () => {
    const groups = [
      group('a', [
        { margin: 0.5, tools: [tool] },
        { prompt: chat, chosen: calling, margin: 2 },
      ]),
    ];
    for (const format of ['trl', 'trl_kto', 'nemo_rl', 'ms_swift', 'llama_factory']) {
      const { lines } = await exported(groups, { ...dataset, formats: [format] });
      const [first, last] = [...lines(`${format}/${format.startsWith('trl') ? 'train' : 'training'}.jsonl`)];
      expect(Object.keys(Object(first)).slice(-5)).toEqual(columns);
      expect(first).toMatchObject({ margin: 0.5, score_chosen: 0.5, score_rejected: 0, example_id: 'a' });
      expect(JSON.parse(Object(first).lineage)).toMatchObject({ key: 'traces.json', offset: 0 });
      expect(last).toHaveProperty('margin');
    }
  });
  test('are features of the card', async () => {
    const { files } = await exported([group('a', [{}])], { ...dataset, formats: ['trl'] });
    expect(files.get('trl/README.md')).toContain('  - name: margin\n    dtype: float64\n');
  });
  test('are refused by the formats that take none, by name', () => {
    const refuse = (formats: FormatName[]) => refuseColumns({ formats, columns: ['margin'] });
    expect(() => refuse(['trl', 'nemo_rl'])).not.toThrow();
    expect(() => refuse(['trl', 'openai'])).toThrow(
      'dataset.columns is ["margin"], but openai takes only its own columns. Formats that take more: nemo_rl, trl, trl_kto,',
    );
  });
});

test('characters that end lines for some readers are escaped', async () => {
  const odd = 'one\u2028two\u2029three\u0085four';
  const groups = [
    group('a', [{ prompt: odd, chosen: odd, rejected: 'x' }]),
    group('b', [{ prompt: [{ role: 'user', content: odd }], chosen: `${odd}!`, rejected: calling }], { offset: 1 }),
  ];
  for (const format of ['trl', 'nemo_rl', 'openai', 'nemo_customizer']) {
    const { files, result } = await exported(groups, { formats: [format], validation_fraction: 0 });
    const [file] = result.formats[FormatName.parse(format)]?.files ?? [];
    const text = files.get(`${format}/${file?.file}`) ?? '';
    expect(text).not.toMatch(/[\u0085\u2028\u2029]/);
    expect(text).toContain('one\\u2028two\\u2029three\\u0085four');
    for (const line of text.trimEnd().split('\n')) expect(JSON.stringify(JSON.parse(line))).toContain(odd);
  }
});

test('a message as the openai package dumps it says nothing in its empty lists and nulls, and its text parts are text', async () => {
  const dumped = {
    ...{
      role: 'assistant',
      content: [
        { type: 'text', text: 'go' },
        { type: 'text', text: 'od' },
      ],
    },
    ...{ refusal: null, annotations: [], audio: null, function_call: null, tool_calls: [] },
  };
  for (const format of FormatName.options) {
    const { left_out } = await written(format, [{ chosen: dumped }]);
    expect({ format, left_out }).toEqual({ format, left_out: {} });
  }
});

test('a file of too few or too many lines for its trainer is warned of', async () => {
  const { result } = await exported([group('a', [{}])], { formats: ['amazon_nova'], validation_fraction: 0 });
  expect(result.warnings).toEqual([
    'amazon_nova/training.jsonl has 1 lines, and the trainer takes no file of fewer than 8. Add examples, or change dataset.validation_fraction.',
  ]);
});

test('trl_kto writes a completion once, and none that is chosen here and rejected there', async () => {
  const groups = [
    group('a', [
      { chosen: 'best', rejected: 'middle' },
      { chosen: 'best', rejected: 'worst' },
      { chosen: 'middle', rejected: 'worst' },
    ]),
  ];
  const { result, lines } = await exported(groups, { formats: ['trl_kto'], validation_fraction: 0 });
  expect(lines('trl_kto/train.jsonl')).toEqual([
    { prompt: [{ role: 'user', content: 'p' }], completion: [{ role: 'assistant', content: 'best' }], label: true },
    { prompt: [{ role: 'user', content: 'p' }], completion: [{ role: 'assistant', content: 'worst' }], label: false },
  ]);
  expect(result.formats.trl_kto?.left_out).toEqual({ both_labels: 2, repeated_completion: 2 });
  expect(result.warnings).toEqual([]);
});

describe('a pair is left out of a format that cannot hold it:', () => {
  const user = (content: unknown, more: object = {}) => [{ role: 'user', content, ...more }];
  const cases: readonly [LeftOutReason, string, PairSpec][] = [
    ...['nemo_customizer', 'nemo_platform', 'axolotl', 'amazon_nova', 'together', 'fireworks', 'sagemaker'].map(
      (format): [LeftOutReason, string, PairSpec] => ['tool_calls', format, { chosen: calling }],
    ),
    ['tool_calls', 'openai', { chosen: { role: 'assistant', tool_calls: [{ name: 'look' }] } }],
    ['tool_calls', 'trl', { chosen: { role: 'assistant', tool_calls: [{ name: 'look' }] } }],
    ...['trl', 'axolotl', 'nemo_customizer', 'llama_factory'].map((format): [LeftOutReason, string, PairSpec] => [
      'content_parts',
      format,
      { prompt: user([{ type: 'image_url', image_url: { url: 'x' } }]) },
    ]),
    ['content_parts', 'openai', { prompt: user([{ type: 'image_url', image_url: { url: 'x' } }]) }],
    ['no_content', 'trl', { prompt: user(null) }],
    ['no_content', 'openai', { prompt: user(null) }],
    ['no_content', 'nemo_rl', { prompt: user(null) }],
    ['field_name', 'ms_swift', { prompt: user('x', { name: 'ann' }) }],
    ['field_reasoning_content', 'ms_swift', { prompt: user('x', { reasoning_content: 'so' }) }],
    ['field_name', 'axolotl', { prompt: user('x', { name: 'ann' }) }],
    ['field_tool_call_id', 'axolotl', { prompt: [{ role: 'tool', content: 'x', tool_call_id: 'c' }] }],
    ['field_reasoning_content', 'openai', { prompt: user('x', { reasoning_content: 'so' }) }],
    ['field_refusal', 'trl', { chosen: { role: 'assistant', content: 'x', refusal: 'no' } }],
    ['message_fields', 'trl', { prompt: user('x', { strange: 1 }) }],
    ['message_fields', 'openai', { prompt: user('x', { strange: 1 }) }],
    ['role', 'axolotl', { prompt: [{ role: 'narrator', content: 'x' }] }],
    ['role', 'openai', { prompt: [{ role: 'narrator', content: 'x' }] }],
    ['role', 'trl', { chosen: { role: 'user', content: 'x' } }],
    ['role', 'amazon_nova', { prompt: [{ role: 'tool', content: 'x' }] }],
    ['turn_order', 'llama_factory', { prompt: [...user('x'), ...user('y')] }],
    ['turn_order', 'llama_factory', { prompt: [{ role: 'system', content: 'x' }] }],
    ['turn_order', 'amazon_nova', { prompt: [...user('x'), { role: 'assistant', content: 'y' }] }],
    ['turn_order', 'amazon_nova', { prompt: [...user('x'), { role: 'system', content: 'y' }] }],
    ['empty_prompt', 'trl', { prompt: [] }],
    ['empty_prompt', 'openai', { prompt: [] }],
    ['empty_prompt', 'nemo_customizer', { prompt: [] }],
    ['empty_text', 'amazon_nova', { chosen: ' ' }],
    ['reserved_word', 'amazon_nova', { prompt: 'User: hello' }],
    ['reserved_word', 'amazon_nova', { prompt: 'My bot: hello' }],
    ['reserved_word', 'amazon_nova', { chosen: 'An <UNK> answer' }],
    ['tool_calls', 'llama_factory', { chosen: { ...calling, content: 'and a text' } }],
    ['turn_order', 'together', { prompt: [...user('x'), { role: 'assistant', content: 'y' }] }],
    ['role', 'together', { prompt: [{ role: 'developer', content: 'x' }, ...user('y')] }],
    ['role', 'fireworks', { prompt: [...user('x'), { role: 'tool', content: 'y' }] }],
    ...['nemo_customizer', 'nemo_platform', 'axolotl', 'amazon_nova', 'together', 'fireworks', 'sagemaker'].map(
      (format): [LeftOutReason, string, PairSpec] => ['tools', format, { tools: [tool] }],
    ),
    ['tools', 'openai', { tools: [{ type: 'web_search' }] }],
    ['lone_surrogate', 'trl', { chosen: 'half \ud835 of one' }],
    ['lone_surrogate', 'openai', { prompt: user('half \ud835') }],
    ['answer_in_template', 'axolotl', { chosen: 'A' }],
    ['answer_in_template', 'axolotl', { rejected: '2024' }],
    ['white_space', 'axolotl', { chosen: 'Sure. ' }],
    ...['openai', 'axolotl', 'llama_factory'].map((format): [LeftOutReason, string, PairSpec] => [
      'conversation',
      format,
      { chosen: [calling, { role: 'assistant', content: 'x' }] },
    ]),
  ];

  test.each(cases)('%s from %s', async (reason, format, pair) => {
    const groups = [group('a', [pair])];
    const { result } = await exported(groups, { formats: [format], validation_fraction: 0 });
    expect(result.formats[FormatName.parse(format)]).toMatchObject({ files: [], left_out: { [reason]: 1 } });
    expect(result.warnings).toEqual([
      `${format} cannot hold 1 of 1 pairs, which are left out: ${reason} 1.`,
      `${format} has no lines.`,
    ]);
  });

  test('every reason is met here, in the test of trl_kto, or in those of tokens and caps', () => {
    const met = new Set<string>(cases.map(([reason]) => reason));
    expect(LeftOutReason.options.filter((reason) => !met.has(reason))).toEqual([
      ...['repeated_completion', 'both_labels'],
      ...['too_long', 'chat_template', 'too_large'],
    ]);
  });
});

test('llama_factory comes with a dataset_info.json that names its files and columns', async () => {
  const groups = ['a', 'b', 'c'].map((id, offset) => group(id, [{ prompt: id }], { offset }));
  const dataset = { formats: ['llama_factory'], curriculum: { buckets: 2 } };
  const { files } = await exported(groups, dataset);
  const info: unknown = JSON.parse(files.get('llama_factory/dataset_info.json') ?? '');
  expect(info).toMatchObject({
    dpo_training_1: { file_name: 'training-1-of-2.jsonl', formatting: 'sharegpt', ranking: true },
    dpo_training_2: { file_name: 'training-2-of-2.jsonl' },
    dpo_validation: {
      file_name: 'validation.jsonl',
      columns: { messages: 'conversations', chosen: 'chosen', rejected: 'rejected' },
    },
  });
});

test('a response that is a message of text alone is the same as its text', async () => {
  const message: Response = { role: 'assistant', content: 'good' };
  const { lines } = await written('trl', [{ chosen: message }, { chosen: 'good' }]);
  expect(lines).toMatchObject([{ chosen: [message], rejected: [{ content: 'bad' }] }]);
  expect(lines).toHaveLength(1);
});

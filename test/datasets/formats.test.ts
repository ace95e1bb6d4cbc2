import { describe, expect, test } from 'vitest';
import { FormatName } from '../../lib/contract/dataset.ts';
import { LeftOutReason } from '../../lib/contract/dataset-result.ts';
import type { Prompt, Response } from '../../lib/contract/trajectory.ts';
import { exported, group, type PairSpec } from './collections.ts';

const call = (arguments_: unknown) => ({
  id: 'c1',
  type: 'function',
  function: { name: 'look', arguments: arguments_ },
});
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
  ])('%s %j', async (format, dataset, line) => {
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

test('text prompts stay text in trl, trl_kto and the NeMo formats, and become a user message elsewhere', async () => {
  const user = [{ role: 'user', content: 'p' }];
  const first = async (format: string) => (await written(format, [{}])).lines[0];
  expect(await first('trl')).toEqual({ prompt: 'p', chosen: 'good', rejected: 'bad' });
  expect(await first('trl_kto')).toEqual({ prompt: 'p', completion: 'good', label: true });
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

test('tool calls are passed whole to trl and openai, their arguments as text; every trl message has the column', async () => {
  const pairs = [{ chosen: calling }];
  const trl = await written('trl', pairs);
  expect(trl.lines).toEqual([
    {
      prompt: [{ role: 'user', content: 'p', tool_calls: null }],
      chosen: [{ role: 'assistant', content: null, tool_calls: [call('{"at":1}')] }],
      rejected: [{ role: 'assistant', content: 'bad', tool_calls: null }],
    },
  ]);
  const openai = await written('openai', pairs);
  expect(openai.lines).toMatchObject([
    { preferred_output: [{ role: 'assistant', tool_calls: [call('{"at":1}')] }], non_preferred_output: [{}] },
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
    { prompt: 'p', completion: 'best', label: true },
    { prompt: 'p', completion: 'worst', label: false },
  ]);
  expect(result.formats.trl_kto?.left_out).toEqual({ both_labels: 2, repeated_completion: 2 });
  expect(result.warnings).toEqual([]);
});

describe('a pair is left out of a format that cannot hold it:', () => {
  const user = (content: unknown, more: object = {}) => [{ role: 'user', content, ...more }];
  const cases: readonly [LeftOutReason, string, PairSpec][] = [
    ...['nemo_customizer', 'nemo_platform', 'nemo_rl', 'axolotl', 'llama_factory', 'amazon_nova'].map(
      (format): [LeftOutReason, string, PairSpec] => ['tool_calls', format, { chosen: calling }],
    ),
    ['tool_calls', 'openai', { chosen: { role: 'assistant', tool_calls: [{ name: 'look' }] } }],
    ['tool_calls', 'trl', { chosen: { role: 'assistant', tool_calls: [{ name: 'look' }] } }],
    ['content_parts', 'trl', { prompt: user([{ type: 'text', text: 'x' }]) }],
    ['content_parts', 'axolotl', { prompt: user([{ type: 'text', text: 'x' }]) }],
    ['content_parts', 'openai', { prompt: user([{ type: 'image_url', image_url: { url: 'x' } }]) }],
    ['content_parts', 'nemo_customizer', { prompt: user([{ type: 'text', text: 'x' }]) }],
    ['no_content', 'trl', { prompt: user(null) }],
    ['no_content', 'openai', { prompt: user(null) }],
    ['no_content', 'nemo_rl', { prompt: user(null) }],
    ['message_fields', 'axolotl', { prompt: user('x', { name: 'ann' }) }],
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
    ...['openai', 'axolotl', 'nemo_rl'].map((format): [LeftOutReason, string, PairSpec] => [
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
      `${format} has no line.`,
    ]);
  });

  test('every reason is met here or in the test of trl_kto', () => {
    const met = new Set<string>(cases.map(([reason]) => reason));
    expect(LeftOutReason.options.filter((reason) => !met.has(reason))).toEqual(['repeated_completion', 'both_labels']);
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
  expect(lines).toEqual([{ prompt: 'p', chosen: 'good', rejected: 'bad' }]);
});

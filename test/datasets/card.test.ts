import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { exported, group } from './collections.ts';

const chats = ['a', 'b', 'c', 'd', 'e'].map((id, offset) =>
  group(id, [{ prompt: [{ role: 'user', content: id }], margin: offset }], { key: `${id}.json`, offset }),
);
const calling = {
  role: 'assistant',
  content: null,
  tool_calls: [{ id: 'c', type: 'function', function: { name: 'f', arguments: '{}' } }],
};

/** The card's YAML block, and its text. */
function cardOf(files: ReadonlyMap<string, string>, format: string): { yaml: unknown; text: string } {
  const [, front = '', text = ''] = (files.get(`${format}/README.md`) ?? '').split(/^---$/m);
  return { yaml: parse(front), text };
}

test('the card of a trl folder names its splits, features, size and tags', async () => {
  const { files } = await exported(chats, { formats: ['trl'], curriculum: { buckets: 2 } });
  const feature = (name: string) => ({
    name,
    list: [
      { name: 'role', dtype: 'string' },
      { name: 'content', dtype: 'string' },
    ],
  });
  expect(cardOf(files, 'trl').yaml).toEqual({
    pretty_name: 'Preferences of run',
    task_categories: ['text-generation'],
    tags: ['dpo', 'trl', 'preference', 'agent-traces'],
    size_categories: ['n<1K'],
    configs: [
      {
        config_name: 'default',
        data_files: [
          { split: 'train', path: ['train-1-of-2.jsonl', 'train-2-of-2.jsonl'] },
          { split: 'validation', path: ['validation.jsonl'] },
        ],
      },
    ],
    dataset_info: { features: ['prompt', 'chosen', 'rejected'].map(feature) },
  });
  expect([...files.keys()].sort()).toEqual(
    ['README.md', 'train-1-of-2.jsonl', 'train-2-of-2.jsonl', 'validation.jsonl'].map((file) => `trl/${file}`),
  );
});

test('its features are those of texts, of labels and of tool calls where the lines have them', async () => {
  const texts = await exported([group('a', [{}])], { formats: ['trl_kto'] });
  expect(cardOf(texts.files, 'trl_kto').yaml).toMatchObject({
    tags: ['kto', 'trl', 'preference', 'agent-traces'],
    configs: [{ data_files: [{ split: 'train', path: ['train.jsonl'] }] }],
    dataset_info: {
      features: [
        { name: 'prompt', dtype: 'string' },
        { name: 'completion', dtype: 'string' },
        { name: 'label', dtype: 'bool' },
      ],
    },
  });
  const calls = await exported([group('a', [{ chosen: calling }])], { formats: ['trl'] });
  const [toolCalls] = [calls.files]
    .map((files) => JSON.stringify(cardOf(files, 'trl').yaml))
    .map((yaml) => /"name":"tool_calls","list":(\[.*?\]\})/.exec(yaml)?.[1]);
  expect(toolCalls).toContain('{"name":"function","struct":[{"name":"name","dtype":"string"}');
});

test('it tells how the dataset was made, from what, with which settings, and how balanced it is', async () => {
  const twice = [...chats, group('a', [{ prompt: [{ role: 'user', content: 'a' }] }], { key: 'z|`.json' })];
  const { files, result } = await exported(twice, { formats: ['trl'], seed: 7 });
  const { text } = cardOf(files, 'trl');
  expect(text).toContain('| duplicates dropped | 1 |');
  expect(text).toContain('    "a.json"\n');
  expect(text).toContain('    "z|`.json"\n');
  expect(text).toContain('"seed": 7');
  expect(text).toContain(`| margin: 5th, 50th, 95th percentile | 0, 2, 4 |`);
  expect(result.formats.trl?.files.at(-1)).toMatchObject({ file: 'README.md', split: null });
});

test('a card names twenty trace objects at most', async () => {
  const many = Array.from({ length: 22 }, (_, index) => group(`e${index}`, [{}], { key: `k${index}.json` }));
  const { text } = cardOf((await exported(many, { formats: ['trl'] })).files, 'trl');
  expect(text).toContain("and 2 more; the run's manifest lists all.");
  expect(text).not.toContain('k20.json');
});

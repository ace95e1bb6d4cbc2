import { expect, test } from 'vitest';
import { parse } from 'yaml';
import * as z from 'zod';
import { type Exported, exported, group } from './collections.ts';

const chats = ['a', 'b', 'c', 'd', 'e'].map((id, offset) =>
  group(id, [{ prompt: [{ role: 'user', content: id }], margin: offset }], { key: `${id}.json`, offset }),
);
const calling = {
  role: 'assistant',
  content: null,
  tool_calls: [{ id: 'c', type: 'function', function: { name: 'f', arguments: '{}' } }],
};

/** The card's YAML block, and its text. */
function cardOf(
  files: ReadonlyMap<string, string>,
  format: string,
  version: '1.1' | '1.2' = '1.2',
): { yaml: unknown; text: string } {
  const [, front = '', text = ''] = (files.get(`${format}/README.md`) ?? '').split(/^---$/m);
  return { yaml: parse(front, { version }), text };
}

/** What the result says of a split's files. */
function split({ result }: Exported, name: 'train' | 'validation', format: 'trl' | 'trl_kto' = 'trl') {
  const side = name === 'train' ? 'training' : 'validation';
  const files = (result.formats[format]?.files ?? []).filter(({ split }) => split === side);
  const total = (count: 'bytes' | 'lines') => files.reduce((sum, file) => sum + file[count], 0);
  return { name, num_bytes: total('bytes'), num_examples: total('lines') };
}

test('the card of a trl folder names its run, splits, features, size and tags', async () => {
  const written = await exported(chats, { formats: ['trl'], curriculum: { buckets: 2 } });
  const { files } = written;
  const feature = (name: string) => ({ name, list: { dtype: 'json' } });
  expect(cardOf(files, 'trl').yaml).toEqual({
    pretty_name: 'Preferences of run',
    task_categories: ['text-generation'],
    tags: ['dpo', 'trl', 'preference', 'agent-traces'],
    size_categories: ['n<1K'],
    configs: [
      {
        config_name: 'run',
        default: true,
        description: expect.stringMatching(
          /^CRC-32: train-1-of-2\.jsonl .{6}==, train-2-of-2\.jsonl .{6}==, validation\.jsonl .{6}==$/,
        ),
        data_files: [
          { split: 'train', path: ['train-1-of-2.jsonl', 'train-2-of-2.jsonl'] },
          { split: 'validation', path: ['validation.jsonl'] },
        ],
      },
    ],
    dataset_info: {
      config_name: 'run',
      features: ['prompt', 'chosen', 'rejected'].map(feature),
      splits: [split(written, 'train'), split(written, 'validation')],
    },
  });
  expect([...files.keys()].sort()).toEqual(
    ['README.md', 'train-1-of-2.jsonl', 'train-2-of-2.jsonl', 'validation.jsonl'].map((file) => `trl/${file}`),
  );
});

test('it says how many examples and bytes each split has, and no split that has no file', async () => {
  const both = await exported(chats, { formats: ['trl', 'trl_kto'], curriculum: { buckets: 2 } });
  const bytesOf = (pattern: RegExp) =>
    [...both.files].reduce((sum, [file, body]) => sum + (pattern.test(file) ? Buffer.byteLength(body) : 0), 0);
  const splits = (folder: Exported, format: 'trl' | 'trl_kto') =>
    z.object({ dataset_info: z.object({ splits: z.unknown() }) }).parse(cardOf(folder.files, format).yaml).dataset_info
      .splits;
  expect(splits(both, 'trl')).toEqual([
    { name: 'train', num_bytes: bytesOf(/^trl\/train/), num_examples: 4 },
    { name: 'validation', num_bytes: bytesOf(/^trl\/validation/), num_examples: 1 },
  ]);
  expect(splits(both, 'trl_kto')).toEqual([split(both, 'train', 'trl_kto'), split(both, 'validation', 'trl_kto')]);

  const trainOnly = await exported(chats, { formats: ['trl'], validation_fraction: 0 });
  expect(splits(trainOnly, 'trl')).toEqual([split(trainOnly, 'train')]);
  expect(split(trainOnly, 'train').num_examples).toBe(5);
});

test.each([
  '1e3',
  'null',
  'true',
  'no',
  '007',
  '2024-01-01',
  '12',
  '0x1F',
  '1_000',
  'default',
  'a.b-c_d',
  '9'.repeat(80),
])('the run id %s stays a text, also for readers of YAML 1.1', async (runId) => {
  const { files } = await exported(chats, { formats: ['trl'] }, { runId });
  for (const version of ['1.1', '1.2'] as const) {
    expect(cardOf(files, 'trl', version).yaml).toMatchObject({
      configs: [{ config_name: runId, default: true }],
      dataset_info: { config_name: runId },
    });
  }
});

test('two datasets with other rows have other YAML, which is all that `datasets` caches by', async () => {
  const one = [group('a', [{ chosen: 'good', rejected: 'evil' }])];
  const other = [group('a', [{ chosen: 'evil', rejected: 'good' }])];
  const yamlOf = async (groups: typeof one, runId: string) =>
    cardOf((await exported(groups, { formats: ['trl'] }, { runId })).files, 'trl').yaml;
  const first = await yamlOf(one, 'first');
  expect(await yamlOf(one, 'first')).toEqual(first);
  expect(await yamlOf(other, 'second')).not.toMatchObject({ configs: [{ config_name: 'first' }] });
  // A run id is used again, of another folder: only the rows tell them apart, and their number and bytes are the same.
  expect(await yamlOf(other, 'first')).not.toEqual(first);
});

test('its features are those of texts, of labels and of tools where the lines have them', async () => {
  const featuresOf = ({ files }: Exported, format: string) =>
    z.object({ dataset_info: z.object({ features: z.unknown() }) }).parse(cardOf(files, format).yaml).dataset_info
      .features;
  const texts = await exported([group('a', [{}])], { formats: ['trl_kto'], prompt_style: 'text' });
  expect(cardOf(texts.files, 'trl_kto').yaml).toMatchObject({
    tags: ['kto', 'trl', 'preference', 'agent-traces'],
    configs: [{ data_files: [{ split: 'train', path: ['train.jsonl'] }] }],
  });
  expect(featuresOf(texts, 'trl_kto')).toEqual([
    { name: 'prompt', dtype: 'string' },
    { name: 'completion', dtype: 'string' },
    { name: 'label', dtype: 'bool' },
  ]);
  const tools = [{ type: 'function', function: { name: 'f' } }];
  const calls = await exported([group('a', [{ chosen: calling, tools }])], { formats: ['trl'] });
  expect(featuresOf(calls, 'trl')).toEqual([
    { name: 'prompt', list: { dtype: 'json' } },
    { name: 'chosen', list: { dtype: 'json' } },
    { name: 'rejected', list: { dtype: 'json' } },
    { name: 'tools', dtype: 'string' },
  ]);
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

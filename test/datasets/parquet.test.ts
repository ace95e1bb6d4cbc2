import { parquetMetadata, parquetReadObjects } from 'hyparquet';
import { describe, expect, test } from 'vitest';
import { refuseFileType } from '../../lib/datasets/refuse-file-type.ts';
import { type Exported, exported, group } from './collections.ts';

const call = { id: 'c', type: 'function', function: { name: 'look', arguments: '{"at":1}' } };
const calling = { role: 'assistant', content: null, tool_calls: [call] };
const tools = [{ type: 'function', function: { name: 'look' } }];
const groups = Array.from({ length: 25 }, (_, offset) =>
  group(
    `e${offset}`,
    [
      offset % 5 === 0
        ? { prompt: [{ role: 'user', content: `q${offset}` }], chosen: calling, tools }
        : { prompt: `q${offset}`, chosen: `good ${offset}\u2028` },
    ],
    { offset },
  ),
);

/** The rows of a format's files, in the order of the files. */
async function rowsOf(
  { bodies, result }: Exported,
  format: 'trl' | 'trl_kto' | 'nemo_rl',
): Promise<readonly unknown[]> {
  const rows: unknown[] = [];
  for (const { file, split, lines } of result.formats[format]?.files ?? []) {
    if (split === null) continue;
    const body = bodies.get(`${format}/${file}`) ?? Buffer.alloc(0);
    const bytes = new Uint8Array(body).buffer;
    const read = await parquetReadObjects({ file: bytes });
    expect(read).toHaveLength(lines);
    rows.push(...read);
  }
  return rows;
}

describe.each(['trl', 'trl_kto', 'nemo_rl'] as const)('%s in Parquet', (format) => {
  test('has the rows of its JSON lines in the same order, one file a shard', async () => {
    const dataset = { formats: [format], validation_fraction: 0, columns: ['margin', 'lineage'] };
    const options = { shardGroups: 10 };
    const json = await exported(groups, dataset, options);
    const parquet = await exported(groups, { ...dataset, file_type: 'parquet' }, options);
    const file = format === 'nemo_rl' ? 'training' : 'train';
    const files = parquet.result.formats[format]?.files.flatMap(({ file, split }) => (split ? [file] : []));
    expect(files).toEqual([0, 1, 2].map((shard) => `${file}-0000${shard}-of-00003.parquet`));
    expect(await rowsOf(parquet, format)).toEqual(json.lines(`${format}/${file}.jsonl`));
    expect(parquet.result.formats[format]?.left_out).toEqual(json.result.formats[format]?.left_out);
  });
});

test('with a curriculum each bucket has its files, easy to hard', async () => {
  const dataset = { formats: ['trl'], file_type: 'parquet', validation_fraction: 0.2, curriculum: { buckets: 2 } };
  const ranked = groups.map((one, at) => ({
    ...one,
    trajectories: one.trajectories.map((pair) => ({ ...pair, reward: at })),
  }));
  const { result, files } = await exported(ranked, dataset);
  expect(result.formats.trl?.files.map(({ file, bucket }) => [file, bucket])).toEqual([
    ['train-1-of-2-00000-of-00001.parquet', 1],
    ['train-2-of-2-00000-of-00001.parquet', 2],
    ['validation-00000-of-00001.parquet', null],
    ['README.md', null],
  ]);
  expect(files.get('trl/README.md')).toContain('"train-1-of-2-00000-of-00001.parquet"');
});

test('it carries the types that `datasets` reads without a card', async () => {
  const { bodies } = await exported(groups, { formats: ['nemo_rl'], file_type: 'parquet', validation_fraction: 0 });
  const body = bodies.get('nemo_rl/training-00000-of-00001.parquet') ?? Buffer.alloc(0);
  const { key_value_metadata } = parquetMetadata(new Uint8Array(body).buffer);
  const [{ value = '' } = {}] = (key_value_metadata ?? []).filter(({ key }) => key === 'huggingface');
  expect(JSON.parse(value)).toMatchObject({
    info: { features: { context: { _type: 'List', feature: { _type: 'Json' } } } },
  });
});

test('formats whose trainers read no Parquet refuse it by name', () => {
  expect(() => refuseFileType({ formats: ['openai', 'trl'], file_type: 'jsonl' })).not.toThrow();
  expect(() => refuseFileType({ formats: ['openai', 'trl'], file_type: 'parquet' })).toThrow(
    'dataset.file_type is parquet, but the trainer of openai reads JSON lines only. Formats with Parquet: nemo_rl, trl,',
  );
});

describe('a column of nothing but dates', () => {
  const dated = ['1910-01-15', '2024-01-01T10:00:00Z', '2024-01-01 10:00'].map((chosen, offset) =>
    group(`e${offset}`, [{ prompt: `q${offset}`, chosen }], { offset }),
  );
  test.each(['axolotl', 'llama_factory', 'nemo_platform'])('fails by name in JSON lines for %s', async (format) => {
    const written = exported(dated, { formats: [format], validation_fraction: 0 });
    await expect(written).rejects.toThrow(`In the lines for ${format} every text of chosen looks like a date`);
  });
  test('stays text in trl, whose card says so, and in Parquet', async () => {
    await expect(exported(dated, { formats: ['trl'], validation_fraction: 0 })).resolves.toBeDefined();
    const dataset = { formats: ['llama_factory'], validation_fraction: 0 };
    await expect(exported(dated, { ...dataset, file_type: 'parquet' })).resolves.toBeDefined();
    const one = [...dated, group('e9', [{ prompt: 'q9', chosen: 'in 1910' }], { offset: 9 })];
    await expect(exported(one, dataset)).resolves.toBeDefined();
    const text = { formats: ['trl'], validation_fraction: 0, prompt_style: 'text' };
    await expect(exported(dated, text)).rejects.toThrow('Set dataset.file_type to parquet');
  });
});

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { FormatName } from '../../lib/contract/dataset.ts';
import { accountForDatasets } from '../../lib/datasets/account-for-datasets.ts';
import { collections, type Exported, exported, group } from './collections.ts';

/** What the manifest would hold, its lines counted in the files themselves. */
function counted({ result, files }: Exported) {
  const datasets = Object.entries(result.formats).map(([format, { files: listed }]) => [
    format,
    Object.fromEntries(
      listed.map(({ file, split, bucket }) => [
        split === null ? file : `${split}${bucket === null ? '' : `_${bucket}`}`,
        { lines: (files.get(`${format}/${file}`) ?? '').split('\n').length - 1 },
      ]),
    ),
  ]);
  return accountForDatasets({
    selections: result.selections,
    formats: Object.fromEntries(Object.entries(result.formats).map(([name, { files: _, ...rest }]) => [name, rest])),
    datasets: Object.fromEntries(datasets),
  });
}

const settings = fc.record({
  formats: fc.uniqueArray(fc.constantFrom(...FormatName.options), { minLength: 1 }),
  max_pairs: fc.option(fc.integer({ min: 1, max: 12 })),
  validation_fraction: fc.constantFrom(0, 0.2, 0.5, 1e-17),
  deduplicate_pairs: fc.boolean(),
  use_full_message_history: fc.boolean(),
  curriculum: fc.option(fc.record({ buckets: fc.constantFrom(1, 3) })),
});

test.each(['strict', 'nat'] as const)(
  'every collected pair is a line of the files or left out for a reason, in %s runs of any kind',
  async (compatibility) => {
    await fc.assert(
      fc.asyncProperty(collections, settings, async (groups, dataset) => {
        const account = counted(await exported(groups, dataset, { compatibility, shardGroups: 3 }));
        const collected = groups.reduce((sum, { trajectories }) => sum + trajectories.length, 0);
        for (const selection of account.selections) {
          const dropped = selection.dropped.reduce((sum, { pairs }) => sum + pairs, 0);
          expect(selection).toMatchObject({ collected, unaccounted: 0, selected: collected - dropped });
        }
        expect(account.formats.map(({ name }) => name)).toEqual(dataset.formats);
        for (const format of account.formats) expect(format).toMatchObject({ unaccounted: 0 });
      }),
    );
  },
);

test('the account names each loss, and what became of the rest, side by side', async () => {
  const groups = [
    group('a', [
      { prompt: '1', chosen: 'x' },
      { prompt: '1', chosen: 'x' },
      { prompt: '2', chosen: 'good' },
    ]),
    group('b', [{ prompt: '2', chosen: 'bad', rejected: 'good' }, { prompt: '3' }], { offset: 1 }),
    group('c', [{ prompt: [{ role: 'user', content: '4', name: 'ann' }], chosen: 'y' }], { offset: 2 }),
  ];
  const dataset = { formats: ['trl', 'amazon_nova', 'trl_kto'], validation_fraction: 0 };
  const { selections, formats } = counted(await exported(groups, dataset));
  expect(selections).toMatchObject([
    {
      collected: 6,
      dropped: [
        { reason: 'duplicate', pairs: 1 },
        { reason: 'contradiction', pairs: 2 },
        { reason: 'not_sampled', pairs: 0 },
        { reason: 'leak', pairs: 0 },
      ],
      selected: 3,
      training: 3,
      validation: 0,
    },
  ]);
  expect(formats).toMatchObject([
    { name: 'trl', selected: 3, leftOut: [], pairs: 3, training: 3, validation: 0 },
    {
      name: 'amazon_nova',
      leftOut: [{ reason: 'field_name', count: 1, of: 'pair' }],
      pairs: 2,
      training: 2,
    },
    { name: 'trl_kto', leftOut: [], pairs: 3, training: 6 },
  ]);
});

test('a line that no figure explains is counted as such', async () => {
  const made = await exported([group('a', [{}, { prompt: 'q' }])], { formats: ['trl'], validation_fraction: 0 });
  const files = new Map([...made.files, ['trl/train.jsonl', `${made.files.get('trl/train.jsonl')}{}\n`]]);
  expect(counted({ ...made, files }).formats).toMatchObject([{ unaccounted: 1 }]);
});

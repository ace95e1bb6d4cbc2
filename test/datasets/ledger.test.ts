import { hash } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { BuilderSettings } from '../../lib/contract/builder.ts';
import { noCounts } from '../../lib/contract/counters.ts';
import { DatasetSettings } from '../../lib/contract/dataset.ts';
import type { Group } from '../../lib/contract/trajectory.ts';
import { digest, digestTable } from '../../lib/datasets/digest.ts';
import { exportDatasets } from '../../lib/datasets/export.ts';
import type { ExportPlan } from '../../lib/datasets/export-plan.ts';
import { promptDigest, recordsOf, rootDigest } from '../../lib/datasets/group-record.ts';
import { leakGuard } from '../../lib/datasets/leak-guard.ts';
import { readLedger } from '../../lib/datasets/ledger.ts';
import { keysOf } from '../../lib/datasets/preference.ts';
import { CorruptObject, LeakingDataset } from '../../lib/errors.ts';
import { group } from './collections.ts';

async function* each(groups: readonly Group[]): AsyncGenerator<Group> {
  yield* groups;
}

const plan: ExportPlan = {
  formats: [{ name: 'trl_kto', view: 'whole' }],
  views: ['whole'],
  nat: false,
  unpaired: true,
  seed: 0,
};
const ledgerOf = (groups: readonly Group[]) => readLedger(recordsOf(each(groups), plan), plan, 0);

test('what is remembered of a pair is a fixed number of bytes, however long its texts are', async () => {
  const held = async (length: number, pairs: number) => {
    const prompts = Array.from({ length: pairs }, (_, index) => ({ prompt: `${index}`.repeat(length) }));
    const groups = prompts.map((pair, offset) => group(`e${offset}`, [pair], { offset }));
    return (await ledgerOf(groups)).bytes;
  };
  const short = await held(1, 1000);
  expect(await held(5000, 1000)).toBe(short);
  // Every text here is distinct: a root, a prompt, a content and two completions of 16 bytes and their slots.
  expect(short / 1000).toBeLessThan(300);
});

test('a digest table numbers digests as they are first seen, and finds them again', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(300), { maxLength: 500 }), (values) => {
      const table = digestTable();
      const numbers = new Map<number, number>();
      for (const value of values) {
        if (!numbers.has(value)) numbers.set(value, numbers.size);
        expect(table.add(digest(String(value)))).toBe(numbers.get(value));
      }
      expect(table.size).toBe(numbers.size);
      for (const [value, number] of numbers) expect(table.find(digest(String(value)))).toBe(number);
      expect(table.find(digest('none of them'))).toBe(-1);
    }),
  );
  expect(Buffer.from(digest('x')).toString('hex')).toBe(hash('sha256', 'x').slice(0, 32));
});

test('a leaking dataset is refused by name, whatever was selected', async () => {
  const groups = [group('a', [{ prompt: 'p' }]), group('b', [{ prompt: 'p' }], { offset: 1 })];
  const ledger = await ledgerOf(groups);
  const guard = leakGuard(ledger, 'whole');
  const prompt = promptDigest(keysOf({ prompt: 'p', chosen: 'good', rejected: 'bad' }, 'whole'));
  const pass = (example: string, side: number) => () =>
    guard.pass({ root: rootDigest(example, 0), prompt, side, at: { key: 'traces.json', offset: 7 } });
  expect(pass('a', 1)).not.toThrow();
  expect(pass('a', 2)).toThrow(LeakingDataset);
  expect(pass('b', 2)).toThrow('A prompt (traces.json, byte 7, view whole) would stand in training and in validation.');
  expect(pass('c', 1)).toThrow(CorruptObject);
});

test('a collection that changes between the passes fails the export, and its files are given up', async () => {
  const given: string[] = [];
  let pass = 0;
  const job = exportDatasets({
    runId: 'run',
    settings: DatasetSettings.parse({ formats: ['trl'], validation_fraction: 0 }),
    builder: BuilderSettings.parse({}),
    totals: noCounts(),
    groups: () => each(pass++ === 0 ? [group('a', [{}]), group('b', [{ prompt: 'q' }])] : [group('a', [{}])]),
    open: (_format, file) => ({
      line() {},
      close: () => Promise.reject(new Error('must not be closed')),
      async abort() {
        given.push(file);
      },
    }),
  });
  await expect(job).rejects.toThrow(CorruptObject);
  expect(given).toEqual(['train.jsonl']);
});

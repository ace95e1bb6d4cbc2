import fc from 'fast-check';
import { expect, test } from 'vitest';
import { noCounts } from '../../lib/contract/counters.ts';
import { openSkippedSample, reportSkipped, SkippedSample } from '../../lib/report/skipped-sample.ts';

interface Turn {
  readonly exampleId: string;
  readonly turnId: string;
  readonly offset: number;
  readonly ties: number;
  readonly identical: number;
  readonly limit: number;
}

const someTurns: fc.Arbitrary<Turn[]> = fc.uniqueArray(
  fc.record({
    exampleId: fc.constantFrom('1', '2', '3', '4', '5', '6'),
    turnId: fc.constantFrom('t', 'u', 'v'),
    offset: fc.integer({ min: 0, max: 5000 }),
    ties: fc.integer({ min: 0, max: 3 }),
    identical: fc.integer({ min: 0, max: 2 }),
    limit: fc.integer({ min: 0, max: 1 }),
  }),
  { maxLength: 40, selector: ({ offset }) => offset },
);

const sampleOf = (turns: readonly Turn[], text = true): SkippedSample => {
  const sample = openSkippedSample(text);
  for (const { exampleId, turnId, offset, ties, identical, limit } of turns) {
    const counters = { ...noCounts(), skipped_tie: ties, skipped_identical: identical, skipped_pair_limit: limit };
    sample.add(exampleId, { turnId, begins: { key: 'logs.zip!/secret.json', offset }, counters });
  }
  return SkippedSample.parse(sample.kept());
};

test('the same turns are kept in any order, and by shards apart', () => {
  fc.assert(
    fc.property(someTurns, fc.nat({ max: 40 }), (turns, cut) => {
      const merged = openSkippedSample(true);
      for (const part of [turns.slice(cut), turns.slice(0, cut)]) merged.addKept(sampleOf(part));
      expect(merged.kept()).toEqual(sampleOf(turns));
      expect(sampleOf(turns.toReversed())).toEqual(sampleOf(turns));
    }),
  );
});

test('up to three turns of each reason are reported, with how many pairs were not made', () => {
  const turns = Array.from({ length: 9 }, (_, at) => ({ exampleId: `${at}`, turnId: 't', offset: at * 100 }));
  const shown = reportSkipped(sampleOf(turns.map((turn) => ({ ...turn, ties: 1, identical: 2, limit: 0 }))));
  expect(shown.map(({ reason, detail }) => `${detail}: ${reason}`)).toEqual([
    ...Array(3).fill('1 possible pair: equal scores'),
    ...Array(3).fill('2 possible pairs: the same answer on both sides'),
  ]);
  expect(shown[0]).toMatchObject({ kind: 'pair', key: 'logs.zip!/secret.json', turn_id: 't' });
});

test('without text nothing is kept but where the turns are', () => {
  const turns = [{ exampleId: 'anna', turnId: 'bert', offset: 7, ties: 1, identical: 0, limit: 0 }];
  const kept = sampleOf(turns, false);
  expect(JSON.stringify(kept)).not.toMatch(/anna|bert|secret/);
  expect(reportSkipped(kept)).toEqual([
    {
      kind: 'pair',
      reason: 'equal scores',
      key: 'logs.zip',
      offset: 7,
      detail: '1 possible pair',
      example_id: null,
      turn_id: null,
    },
  ]);
});

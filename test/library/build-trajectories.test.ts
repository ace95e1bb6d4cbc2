import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { buildTrajectories, type Group, InvalidRequest, type Rejected } from '../../lib/index.ts';
import { runText } from '../support/run.ts';

const SAMPLE = 'examples/tic-tac-toe.json';
/** In memory an item has a number where it has a byte in a file. */
const withoutPlaces = (groups: readonly Group[]) =>
  JSON.parse(JSON.stringify(groups), (key, value) => (key === 'lineage' || key === 'run_id' ? undefined : value));

test('items in memory make the groups that a run makes of their file, and lose the same candidates', async () => {
  const text = await readFile(SAMPLE, 'utf8');
  const items: unknown[] = JSON.parse(text);
  const run = await runText(text);
  const rejected: Rejected[] = [];
  const groups = await Array.fromAsync(buildTrajectories(items, { onRejected: (loss) => rejected.push(loss) }));
  expect(withoutPlaces(groups)).toEqual(withoutPlaces(run.groups));
  expect(rejected.map(({ reason }) => reason)).toEqual(run.losses.map(({ reason }) => reason));
  expect(groups[0]?.trajectories[0]?.metadata.lineage).toMatchObject({ key: 'items', offset: 0 });
});

test('an asynchronous source is read as it is asked for', async () => {
  const items: unknown[] = JSON.parse(await readFile(SAMPLE, 'utf8'));
  let asked = 0;
  async function* source() {
    for (const item of items) {
      asked += 1;
      yield item;
    }
  }
  for await (const _ of buildTrajectories(source())) break;
  expect(asked).toBe(1);
});

test('what is no trace item is told, and wrong settings are an error', async () => {
  const reasons: string[] = [];
  const groups = buildTrajectories([7, { question: 'q' }], { onRejected: ({ reason }) => reasons.push(reason) });
  expect(await Array.fromAsync(groups)).toEqual([]);
  expect(reasons).toEqual(['not_an_object', 'missing_id']);
  await expect(Array.fromAsync(buildTrajectories([], { builder: { min_score_diff: -1 } }))).rejects.toThrow(
    InvalidRequest,
  );
});

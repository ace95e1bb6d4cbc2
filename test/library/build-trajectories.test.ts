import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { buildTrajectories, type Group, InvalidRequest, type Rejected } from '../../library/index.ts';
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

test('a number that JSON cannot hold is as null, and in a score it costs the candidate', async () => {
  const step = (score: number, output: unknown, metadata: object = {}, input: unknown = 'q') => ({
    payload: {
      ...{ event_type: 'TTC_END', name: 'dpo_candidate_move', metadata },
      data: { turn_id: 't', score, input, output },
    },
  });
  const steps = [
    step(1, 'a', { x: Number.NaN }),
    step(0, 'b'),
    step(Number.NaN, 'c'),
    step(2, Number.NaN),
    step(3, 'd', {}, Number.NaN),
  ];
  const reasons: string[] = [];
  const items = [
    { id: 1, intermediate_steps: steps },
    { id: Number.NaN, intermediate_steps: steps },
  ];
  const groups = await Array.fromAsync(
    buildTrajectories(items, { onRejected: ({ reason, detail }) => reasons.push(`${reason}: ${detail}`) }),
  );
  expect(groups.map(({ trajectories }) => trajectories.length)).toEqual([1]);
  expect(groups[0]?.trajectories[0]?.metadata).toMatchObject({ chosen_raw_metadata: { x: null } });
  expect(reasons).toEqual([
    'score_not_finite: score is not a finite number',
    'empty_response: output is not a finite number',
    'missing_prompt: input is not a finite number',
    'invalid_id: its "id" is not a finite number; give text or a number',
  ]);
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

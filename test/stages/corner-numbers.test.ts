import { describe, expect, test } from 'vitest';
import { memoryStore } from '../support/memory-store.ts';
import { memoryDeps, runSteps } from '../support/run.ts';

const MOST = Number.MAX_VALUE;

/** An item of one turn; scores as they are written. */
const item = (id: string, scores: readonly string[]): string => {
  const steps = scores.map(
    (score, index) =>
      `{"payload":{"event_type":"TTC_END","name":"dpo_candidate_move","UUID":"u${index}","data":{"turn_id":"t","candidate_index":${index},"score":${score},"input":"p ${id}","output":"o${index}"}}}`,
  );
  return `{"id":${id},"intermediate_steps":[${steps.join(',')}]}`;
};

async function run(items: readonly string[], builder: object) {
  const collections = memoryStore('collections');
  const traces = memoryStore('traces');
  await traces.create('t.json', Buffer.from(`[${items.join(',\n')}]`));
  const request = {
    source: { traces: { bucket: 'traces', key: 't.json' } },
    builder,
    limits: { allow_empty: true },
    dataset: { formats: ['trl', 'nemo_customizer'], curriculum: { buckets: 2 } },
  };
  const result = await runSteps(request, memoryDeps(traces, collections));
  return { ...result, files: [...collections.objects].map(([key, bytes]) => ({ key, text: bytes.toString() })) };
}

describe.each(['strict', 'nat'])('numbers at the ends of what a double holds, in %s', (compatibility) => {
  const items = [
    item('1', ['1e308', '-1e308', '0.5']),
    item('2', ['1.7976931348623157e308', '-1.7976931348623157e308', '5e-324']),
    item('3', ['-1e308', '-1.7e308']),
    item('4', ['1e20', '9007199254740993', '9007199254740994']),
    item('5', ['1e308', '-1e308', '0.5']),
  ];

  test.each([true, false])('make pairs, datasets and a report (reward_from_score_diff: %s)', async (by) => {
    const { groups, files, losses } = await run(items, { compatibility, reward_from_score_diff: by });
    expect(losses).toEqual([]);
    expect(groups.map(({ trajectories }) => trajectories.map(({ metadata }) => metadata.score_diff))).toEqual([
      [MOST, 1e308, 1e308],
      [MOST, MOST, MOST],
      [1.7e308 - 1e308],
      // To strict the two integers are one score.
      [1e20 - 2 ** 53, 1e20 - 2 ** 53 - 2, ...(compatibility === 'nat' ? [2] : [])],
      [MOST, 1e308, 1e308],
    ]);
    for (const { key, text } of files) expect(`${key}: ${/NaN|Infinity/.exec(text) ?? 'none'}`).toBe(`${key}: none`);
  });

  test('a margin past the largest double comes before one that is just as large, as in NAT', async () => {
    const { groups } = await run([item('1', ['1.7976931348623157e308', '0', '-1e308'])], { compatibility });
    const order = groups[0]?.trajectories.map(({ metadata }) => [metadata.chosen_index, metadata.rejected_index]);
    expect(order).toEqual([
      [0, 2],
      [0, 1],
      [1, 2],
    ]);
  });

  test('an integer past all doubles is no score', async () => {
    const { losses, totals } = await run([item('1', [`1${'0'.repeat(400)}`, '1', '0'])], { compatibility });
    expect(losses).toMatchObject([{ reason: 'score_not_finite' }]);
    expect(totals).toMatchObject({ total_candidates: 2, total_pairs: 1 });
  });

  test.each([
    ['1e20', 'a float past 64 bits'],
    ['9223372036854775808.0', 'a float past 64 bits'],
    ['1.5', 'not an integer'],
  ])('%s is no candidate index: it is %s', async (index) => {
    const { losses } = await run([item('1', ['1', '0']).replace('_index":1', `_index":${index}`)], { compatibility });
    expect(losses).toMatchObject([{ reason: 'invalid_candidate_index' }]);
  });

  test.each(['100000000000000000000', '9007199254740993', '1e18', '9007199254740992.0'])(
    '%s is one, beside a long integer and without',
    async (index) => {
      const indexed = item('1', ['1', '0']).replace('_index":1', `_index":${index}`);
      for (const text of [indexed, indexed.replace('{"id"', '{"seed":12345678901234567890,"id"')]) {
        const { groups } = await run([text], { compatibility });
        expect(groups[0]?.trajectories[0]?.metadata.rejected_index).toBe(Number(index));
      }
    },
  );

  test('a score of -0.0 keeps its sign', async () => {
    const { collection } = await run([item('1', ['1', '-0.0'])], { compatibility });
    expect(collection).toContain('"rejected_score":-0.0');
  });

  test('ids keep their digits', async () => {
    const ids = ['9007199254740993', '9007199254740992', '1e20', '100000000000000000001'];
    const { groups } = await run(
      ids.map((id) => item(id, ['1', '0'])),
      { compatibility },
    );
    expect(groups.map(({ example_id }) => example_id)).toEqual(ids.with(2, '1e+20'));
  });
});

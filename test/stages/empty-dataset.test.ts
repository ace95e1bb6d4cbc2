import { expect, test } from 'vitest';
import { runText } from '../support/run.ts';

const TOOLS = [{ type: 'function', function: { name: 'look', parameters: { type: 'object' } } }];
const traces = [1, 0]
  .map((score) =>
    JSON.stringify({
      ...{ example_id: 'e', turn_id: 't', candidate_index: score, score, prompt: 'q' },
      ...{ response: `answer ${score}`, tools: TOOLS },
    }),
  )
  .join('\n');

test('a format that can hold no pair fails the run by its name, with the reason and the way out', async () => {
  await expect(runText(traces, { dataset: { formats: ['trl', 'nemo_customizer'] } })).rejects.toMatchObject({
    name: 'EmptyDataset',
    message: expect.stringMatching(
      /^No line in nemo_customizer \(it cannot hold tools 1\), so the run is not committed\. .*set limits\.allow_empty to true\.$/,
    ),
  });
});

test('a gate that no written line meets is told before', async () => {
  const dataset = { formats: ['nemo_customizer'], gate: { min_pairs: 5 } };
  await expect(runText(traces, { dataset })).rejects.toMatchObject({
    name: 'GateMissed',
    message: expect.stringContaining('min_pairs is 5, found 0 (nemo_customizer)'),
  });
});

test.each([{ limits: { allow_empty: true } }, { builder: { compatibility: 'nat' } }])(
  'with %j the run is committed',
  async (settings) => {
    const dataset = { formats: ['nemo_customizer'], gate: {} };
    const { totals } = await runText(traces, { dataset, ...settings });
    expect(totals.total_pairs).toBe(1);
  },
);

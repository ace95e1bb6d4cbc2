import { expect, test } from 'vitest';
import { memoryStore } from '../support/memory-store.ts';
import { memoryDeps, runSteps } from '../support/run.ts';

const line = (value: object): string => `${JSON.stringify(value)}\n`;

async function run(objects: Readonly<Record<string, string>>, source: object) {
  const traces = memoryStore('traces');
  for (const [key, text] of Object.entries(objects)) await traces.create(key, Buffer.from(text));
  const request = { source: { traces: { bucket: 'traces', prefix: '' }, ...source }, dataset: { formats: ['trl'] } };
  return runSteps(request, memoryDeps(traces));
}

const rollouts = ['a', 'b'].flatMap((topic) =>
  [0, 1].map((reward) => line({ topic, prompt: `About ${topic}, ${reward}?`, completion: `It is ${reward}.`, reward })),
);

test('a group that is named goes beside the format that the content shows', async () => {
  await expect(run({ 'r.jsonl': rollouts.join('') }, {})).rejects.toMatchObject({ name: 'NoPairs' });
  const named = { 'r.jsonl': rollouts.join('').replaceAll(/About (\w), \d/g, 'About $1') };
  const { totals } = await run(named, { format: { group: '/topic' } });
  expect(totals).toMatchObject({ total_pairs: 2, total_candidates: 4 });
});

test('a preset with pointers passes over what is not of the preset, and says so', async () => {
  const objects = { 'r.jsonl': rollouts.join(''), 'metadata.json': JSON.stringify({ env: 'x', runs: 2 }) };
  const settings = { format: { preset: 'rollouts', group: '/topic', prompt: '/topic' } };
  const { totals, manifest, losses } = await run(objects, settings);
  expect(totals.total_pairs).toBe(2);
  expect(losses).toEqual([]);
  expect(manifest.warnings.join()).toMatch(/Passed over.*metadata\.json/);
});

test('a rollout that failed is a candidate that is lost by its error, whatever it has for an answer', async () => {
  const failed = line({ topic: 'a', prompt: 'About a?', completion: [], error: 'Timeout', reward: 0 });
  const answered = [0, 1].map((reward) =>
    line({ topic: 'a', prompt: 'About a?', completion: `It is ${reward}.`, reward }),
  );
  const { totals, losses } = await run({ 'r.jsonl': [failed, ...answered].join('') }, {});
  expect(losses).toMatchObject([{ kind: 'candidate', reason: 'error' }]);
  expect(totals).toMatchObject({ total_pairs: 1, rejected_items: {} });
});

test('two formats that both fit are named, with an object of each and the way out', async () => {
  const objects = { 'a.jsonl': rollouts.join(''), 'b.csv': 'prompt,response_a,response_b,winner\nQ,one,two,a\n' };
  await expect(run(objects, {})).rejects.toThrow(
    'The first records fit several source formats: rollouts (a.jsonl), comparisons (b.csv). Name the one to read, as in --set source.format=rollouts;',
  );
});

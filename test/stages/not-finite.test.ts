import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import type { Trajectory } from '../../lib/contract/trajectory.ts';
import { memoryStore } from '../support/memory-store.ts';
import { memoryDeps, runSteps, runText } from '../support/run.ts';

const golden = new URL('../golden/nat/ragged/', import.meta.url);
/** Written by NAT 1.9.0 of rows with different columns: three examples, three candidates each, and NaN in two of them. */
const ragged = readFileSync(new URL('workflow_output.json', golden), 'utf8');
const items: object[] = JSON.parse(ragged.replaceAll(': NaN', ': "a NaN"'));
const python = (value: unknown, indent?: number): string =>
  JSON.stringify(value, null, indent).replaceAll('"a NaN"', 'NaN');

const withoutLineage = ({ metadata: { lineage: _, ...metadata }, ...trajectory }: Trajectory) => ({
  ...trajectory,
  metadata,
});
const NO_LOSS = { limits: { max_rejected_fraction: 0 } };

describe('a column that a row lacks is NaN in what NAT writes', () => {
  test.each([1024, 6_000, 1 << 30])("and NAT's own pairs come out, from shards of %i bytes", async (shard_bytes) => {
    const expected = JSON.parse(readFileSync(new URL('expected.json', golden), 'utf8'));
    const run = await runText(ragged, {
      builder: { compatibility: 'nat' },
      limits: { shard_bytes, max_rejected_fraction: 0 },
    });
    expect(run.groups.map(({ trajectories }) => trajectories.map(withoutLineage))).toEqual(expected.trajectories);
    expect(run.totals).toMatchObject(expected.metrics);
  });

  test.each([
    ['an array on one line', python(items)],
    ['JSON lines', items.map((item) => python(item)).join('\n')],
    ['JSON lines, gzipped', gzipSync(items.map((item) => python(item)).join('\n'))],
    ['an array, gzipped', gzipSync(python(items, 2))],
  ])('in %s no item is lost', async (_, bytes) => {
    const run = await runText(bytes, NO_LOSS);
    expect(run.totals).toMatchObject({ total_items: 3, total_candidates: 9, rejected_items: {} });
    expect(run.groups).toHaveLength(3);
  });
});

describe.each(['strict', 'nat'])('a score that is no number, in %s', (compatibility) => {
  test.each(['NaN', 'Infinity', '-Infinity'])('%s costs its candidate, and no other', async (token) => {
    const run = await runText(ragged.replace('"score": 0.36', `"score": ${token}`), { builder: { compatibility } });
    expect(run.losses).toMatchObject([
      { kind: 'candidate', reason: 'score_not_finite', example_id: '1', turn_id: 'turn_0' },
    ]);
    expect(run.totals).toMatchObject({ total_items: 3, matching_steps: 9, total_candidates: 8, possible_pairs: 7 });
  });

  test.each(['NaN', 'Infinity', '-Infinity'])('%s of a candidate line costs that line alone', async (token) => {
    const line = (score: number | string, response: string) =>
      `{"example_id": "a", "turn_id": "t", "score": ${score}, "prompt": "p", "response": "${response}"}`;
    const text = [line(1, 'x'), line(token, 'y'), line(0, 'z')].join('\n');
    const run = await runText(text, { builder: { compatibility } });
    expect(run.losses).toMatchObject([{ kind: 'candidate', reason: 'score_not_finite', example_id: 'a' }]);
    expect(run.totals).toMatchObject({ total_items: 1, total_pairs: 1 });
  });
});

test('no file that a run writes holds a number that JSON has not', async () => {
  const metadata = '{"score": NaN, "weights": [Infinity, 1.5], "note": "a \\"NaN\\": NaN,"}';
  const prompt = '[{"role": "user", "content": "p", "score": NaN}]';
  const candidate = (score: number, response: string) =>
    `{"example_id": "a", "turn_id": "t", "score": ${score}, "prompt": ${prompt}, "response": ${response}, "metadata": ${metadata}}`;
  // With a long integer every number is read exactly, with an index past all doubles one is rounded.
  const long = '{"seed": 98765432109876543210, "score": -Infinity}';
  const huge = `"candidate_index": 1${'0'.repeat(400)}, "turn_id"`;
  const text = [
    candidate(1, '"best"'),
    candidate(0.5, '{"role": "assistant", "content": "good", "logprob": -Infinity}'),
    candidate(0.25, '"bad"').replace(metadata, long),
    candidate(0, '"worst"').replace('"turn_id"', huge),
    candidate(0.75, 'NaN'),
  ].join('\n');
  const traces = memoryStore('traces');
  const collections = memoryStore('collections');
  await traces.create('t.jsonl', Buffer.from(text));
  const run = await runSteps(
    {
      source: { traces: { bucket: 'traces', key: 't.jsonl' } },
      dataset: { formats: ['trl', 'nemo_customizer'] },
      limits: { max_rejected_fraction: 1, allow_empty: true },
    },
    memoryDeps(traces, collections),
  );
  expect(run.losses).toMatchObject([{ reason: 'empty_response', detail: 'response is null' }]);
  expect(run.totals).toMatchObject({ total_candidates: 4, total_pairs: 6 });
  for (const [key, bytes] of collections.objects) {
    const text = bytes.toString();
    for (const line of key.endsWith('.jsonl') ? text.trimEnd().split('\n') : []) JSON.parse(line);
    if (key.endsWith('.json')) JSON.parse(text);
  }
  const pairs = run.groups[0]?.trajectories ?? [];
  const raw = (response: string) =>
    pairs.find(({ episode }) => episode[0].chosen_response === response || episode[0].rejected_response === response)
      ?.metadata;
  expect(raw('best')).toMatchObject({
    chosen_raw_metadata: { score: null, weights: [null, 1.5], note: 'a "NaN": NaN,' },
  });
  expect(run.collection).toContain('"rejected_raw_metadata":{"seed":98765432109876543210,"score":null}');
  expect(raw('worst')).toMatchObject({ rejected_index: Number.MAX_VALUE });
  expect(pairs[0]?.episode[0].prompt).toEqual([{ role: 'user', content: 'p', score: null }]);
});

import { describe, expect, test } from 'vitest';
import { verifiers } from '../../../lib/sources/formats/verifiers/verifiers.ts';
import type { SourceCandidate } from '../../../lib/sources/source-candidate.ts';
import { expectSample, golden, readAll, readExpected } from './expected.ts';
import { readLines } from './read-entries.ts';

test.each(['verifiers/v0-complete', 'verifiers/v0-odd'])('the rollouts %s give exactly the right pairs', (path) => {
  const records = readLines(golden(`${path}/results.jsonl`));
  expect(verifiers.detect({ records })).toBe('sure');
  const { named, rejected } = readAll(
    verifiers,
    records.map((record) => ({ record })),
    (record) => `L${record + 1}`,
  );
  expect(rejected).toEqual([]);
  expectSample(named, readExpected(path));
});

test.each(['verifiers/v1', 'verifiers/v1-odd'])('the episodes %s give exactly the right pairs', (path) => {
  const records = readLines(golden(`${path}/traces.jsonl`));
  expect(verifiers.detect({ records })).toBe('sure');
  const { named, rejected } = readAll(
    verifiers,
    records.map((record) => ({ record })),
    (record, answer) => `L${record + 1}.${answer}`,
  );
  expect(rejected).toEqual([]);
  expectSample(named, readExpected(path));
});

const first = (record: unknown): SourceCandidate => Object(verifiers.read(record)).candidates[0];

describe('a rollout of the first interface', () => {
  const rollout = {
    example_id: 7,
    prompt: [{ role: 'user', content: 'How many?' }],
    completion: [{ role: 'assistant', content: '14' }],
    reward: 1,
    error: null,
    metrics: {},
  };

  test.each([
    [7, '7'],
    ['seven', 'seven'],
    [JSON.rawJSON('12345678901234567890'), '12345678901234567890'],
    [undefined, undefined],
  ])('of example %j is in the group %j', (example_id, group) => {
    expect(first({ ...rollout, example_id }).group).toBe(group);
  });

  test('a base model continues text', () => {
    const conversation = { kind: 'text', prompt: 'Once', response: ' upon', rendered: true };
    expect(first({ ...rollout, prompt: 'Once', completion: ' upon' }).conversation).toEqual(conversation);
    const [prompt, completion] = ['Once', ' upon'].map((content) => [{ role: 'text', content }]);
    expect(first({ ...rollout, prompt, completion }).conversation).toEqual(conversation);
    expect(first({ ...rollout, prompt: 'How many?' }).conversation).toMatchObject({
      kind: 'messages',
      prompt: rollout.prompt,
    });
  });

  test('a reward that is null, or NaN, is missing; any error is a loss, also an old one of text', () => {
    expect(first({ ...rollout, reward: null }).scores).toMatchObject({ reward: { loss: { reason: 'missing_score' } } });
    expect(first({ ...rollout, error: 'ModelError()' }).loss).toEqual({
      reason: 'error',
      detail: 'its error is not null',
    });
  });

  test('messages that are none are a loss by name', () => {
    expect(first({ ...rollout, completion: [{ content: 'no role' }] }).loss?.reason).toBe('invalid_messages');
    expect(first({ ...rollout, completion: [{ role: 'assistant', tool_calls: ['no JSON'] }] }).loss?.reason).toBe(
      'invalid_messages',
    );
  });
});

describe('a trace of the second interface', () => {
  const node = (role: string, content: string, parent: number | null, sampled = false) => ({
    ...(parent !== null && { parent }),
    message: { role, content },
    sampled,
  });
  const trace = {
    id: 't1',
    task: { key: 'k' },
    agent: { name: 'solver' },
    nodes: [node('user', 'How many?', null), node('assistant', '14', 0, true)],
    rewards: { right: { score: 1, weight: 2 }, cost: { score: 3, weight: -0.5 } },
    ok: true,
  };
  const read = (changes: object) => first({ task: {}, traces: [{ ...trace, ...changes }] });

  test('has the weighted sum of its rewards, also where one of them is called reward', () => {
    expect(read({}).scores).toEqual({ reward: { value: 0.5 }, right: { value: 1 }, cost: { value: 3 } });
    expect(read({ rewards: { reward: { score: 1, weight: 3 } } }).scores).toEqual({ reward: { value: 3 } });
  });

  test.each([
    [{}],
    [undefined],
    [{ right: null }],
    [{ right: { score: null, weight: 1 } }],
    [{ right: { score: 1, weight: null }, cost: null }],
  ])('has no sum of the rewards %j', (rewards) => {
    expect(read({ rewards }).scores.reward).toMatchObject({ loss: { reason: 'missing_score' } });
  });

  test('takes the branch of the last leaf, and counts the others', () => {
    const { conversation, flags } = read({ nodes: [...trace.nodes, node('assistant', '15', 0, true)] });
    expect(conversation).toMatchObject({ trajectory: [{ content: '15' }] });
    expect(flags).toEqual(['branches:2']);
  });

  test.each([
    ['a circle', [node('user', 'a', 1), node('assistant', 'b', 0, true), node('assistant', 'c', 1, true)]],
    ['a parent that is not there', [node('assistant', 'b', 9, true)]],
    ['a message without a role', [{ message: {}, sampled: true }]],
  ])('with %s is lost by name', (_, nodes) => {
    expect(read({ nodes }).loss?.reason).toBe('invalid_messages');
  });

  test('of a task without a key is in the group of its hash, else of its prompt', () => {
    expect(read({ task: { hash: 'h' } }).group).toBe('h|solver');
    expect(read({ task: {} }).group).toBeUndefined();
  });

  test('an episode’s traces have each their place, and the episode’s ok is not theirs', () => {
    const { candidates } = Object(
      verifiers.read({ ok: false, traces: [trace, { ...trace, ok: false, errors: [{ type: 'ProviderError' }] }] }),
    );
    expect(candidates.map(({ at, loss }: SourceCandidate) => [at, loss?.detail])).toEqual([
      ['/traces/0', undefined],
      ['/traces/1', 'its last error is a ProviderError'],
    ]);
  });
});

test.each([
  ['rollouts of any tool', { example_id: 1, prompt: 'a', completion: 'b', reward: 1 }],
  ['an empty episode', { traces: [] }],
  ['metadata.json', { env_id: 'store', avg_reward: 0.5 }],
])('%s is not of verifiers', (_, record) => {
  expect(verifiers.detect({ records: [record] })).toBe('no');
});

import { describe, expect, test } from 'vitest';
import { nemoGym } from '../../../lib/sources/formats/nemo-gym.ts';
import type { SourceCandidate } from '../../../lib/sources/source-candidate.ts';
import { expectSample, golden, readAll, readExpected } from './expected.ts';
import { readLines } from './read-entries.ts';

test('a run gives exactly the right pairs: its failures are lost, its inputs are no answers', () => {
  const files = ['rollouts.jsonl', 'rollouts_failures.jsonl', 'rollouts_materialized_inputs.jsonl'];
  const lines = files.flatMap((file) =>
    readLines(golden(`nemo_gym/run/${file}`)).map((record, at) => ({ record, name: `${file}:${at + 1}` })),
  );
  expect(nemoGym.detect({ records: lines.map(({ record }) => record) })).toBe('sure');
  const { named, rejected } = readAll(nemoGym, lines, (record) => lines[record]?.name ?? '');
  expect(rejected).toEqual([]);
  expectSample(named, readExpected('nemo_gym/run'));
});

test('messages are those that Gym’s own converter makes, and so are the pairs', () => {
  const records = readLines(golden('nemo_gym/odd/rollouts.jsonl'));
  expect(nemoGym.detect({ records })).toBe('sure');
  const { named } = readAll(
    nemoGym,
    records.map((record) => ({ record })),
    (record) => `${record}`,
  );
  expectSample(named, readExpected('nemo_gym/odd'));
});

describe('a rollout', () => {
  const output = [{ type: 'message', role: 'assistant', content: [{ type: 'output_text', text: '14' }] }];
  const rollout = {
    responses_create_params: { input: 'How many?' },
    response: { id: 'resp_1', output },
    reward: 1,
    agent_ref: { name: 'store' },
    _ng_task_index: 0,
    _ng_rollout_index: 3,
  };
  const read = (changes: object): SourceCandidate => Object(nemoGym.read({ ...rollout, ...changes })).candidates[0];

  test('competes with those of its agent and task that were asked the same, whatever the seed', () => {
    const asked = (params: object) => read({ responses_create_params: params }).group;
    const { group } = read({});
    expect(group).toMatch(/^store\|0\|[0-9a-f]{16}$/);
    expect(asked({ input: [{ role: 'user', content: [{ type: 'input_text', text: 'How many?' }] }] })).toBe(group);
    expect(asked({ input: 'How many?', metadata: { extra_body: '{"seed": 2}' }, tools: [], instructions: null })).toBe(
      group,
    );
    expect(asked({ input: 'How few?' })).not.toBe(group);
    expect(asked({ input: 'How many?', instructions: 'Be brief.' })).not.toBe(group);
    expect(asked({ input: 'How many?', tools: [{ type: 'function', name: 'stock' }] })).not.toBe(group);
    expect(read({ _ng_task_index: 1 }).group).not.toBe(group);
    expect(read({ agent_ref: { name: 'other' } }).group).not.toBe(group);
  });

  test('without an index competes with those of its prompt, and is named by its response', () => {
    expect(read({ _ng_task_index: undefined })).toMatchObject({ group: undefined, id: 'resp_1' });
    expect(read({}).id).toBe('0:3');
  });

  test('that was cut off is flagged; one that failed is lost with its class', () => {
    const response = { ...rollout.response, incomplete_details: { reason: 'max_output_tokens' } };
    expect(read({ response }).flags).toEqual(['truncated']);
    expect(read({ _ng_failure_class: 'api_error' }).loss).toEqual({
      reason: 'failure',
      detail: '_ng_failure_class is api_error',
    });
  });

  test('with an item that no chat has is lost by the name of its type', () => {
    const response = { output: [{ type: 'web_search_call' }, ...output] };
    expect(read({ response }).loss).toEqual({
      reason: 'unknown_item',
      detail: 'its output has an item of type web_search_call',
    });
    expect(nemoGym.read({ ...rollout, responses_create_params: { input: [{ type: 'item_reference' }] } })).toEqual({
      rejected: { reason: 'unknown_item', detail: 'its input has an item of type item_reference' },
    });
  });
});

test.each([
  ['a group of metrics', { agent_ref: { name: 'store' }, agent_metrics: {} }],
  ['a profile', { 'mean/reward': 0.5, _ng_task_index: 0 }],
  ['a request to OpenAI', { responses_create_params: { model: 'm' } }],
])('%s is no rollout', (_, record) => {
  expect(nemoGym.detect({ records: [record] })).toBe('no');
});

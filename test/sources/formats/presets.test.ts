import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { FieldFormat } from '../../../lib/sources/fields/field-format.ts';
import { comparisons } from '../../../lib/sources/formats/comparisons.ts';
import { pairs } from '../../../lib/sources/formats/pairs.ts';
import { rlhflow } from '../../../lib/sources/formats/rlhflow.ts';
import { rollouts } from '../../../lib/sources/formats/rollouts.ts';
import { scoredLists } from '../../../lib/sources/formats/scored-lists.ts';
import type { SourceCandidate } from '../../../lib/sources/source-candidate.ts';
import { groupsOf, pairAll, readAll } from './expected.ts';

const user = (content: string) => ({ role: 'user', content });
const assistant = (content: string) => ({ role: 'assistant', content });

/** Detected without its name. */
function candidatesOf(format: FieldFormat, record: unknown): readonly SourceCandidate[] {
  expect(format.detect({ records: [record] })).toBe('sure');
  const reading = format.read(record);
  if ('rejected' in reading) throw new Error(JSON.stringify(reading.rejected));
  return reading.candidates;
}
const preferences = (candidates: readonly SourceCandidate[]) =>
  candidates.map(({ scores: { preference } }) =>
    preference && 'value' in preference ? preference.value : preference?.loss.reason,
  );
const said = ({ conversation }: SourceCandidate) =>
  conversation.kind === 'messages'
    ? [conversation.prompt, conversation.trajectory]
    : [conversation.prompt, conversation.response];

describe('rollouts', () => {
  test.each([
    ['prompt and completion', { prompt: [user('Q')], completion: [assistant('A')], reward: 1 }],
    ['text', { question: 'Q', response: 'A', score: 1 }],
    ['messages', { messages: [user('Q'), assistant('A')], reward: 1 }],
    ['messages for the prompt', { messages: [user('Q')], completion: 'A', reward: 1 }],
    [
      'ShareGPT’s conversations',
      {
        conversations: [
          { from: 'human', value: 'Q' },
          { from: 'gpt', value: 'A' },
        ],
        reward: 1,
      },
    ],
  ])('are read from %s', (_, record) => {
    const [candidate] = candidatesOf(rollouts, record);
    expect(candidate).toMatchObject({ group: undefined, turnId: '0', loss: undefined });
    expect(JSON.stringify(candidate && said(candidate))).toMatch(/"Q".*"A"/);
  });

  test.each(['group_id', 'example_id', 'task_id', 'prompt_id', 'problem_id', 'question_id', 'instance_id'])(
    'compete where %s is the same, else where the prompt is',
    (key) => {
      expect(candidatesOf(rollouts, { [key]: 5, prompt: 'Q', completion: 'A', reward: 1 })[0]?.group).toBe('5');
      expect(
        candidatesOf(rollouts, { [key]: null, prompt: 'Q', completion: 'A', reward: 1 })[0]?.group,
      ).toBeUndefined();
    },
  );

  test('keep tools, truncation, failures and all scores', () => {
    const record = {
      task_id: 't',
      prompt: 'Q',
      completion: 'A',
      reward: 0.5,
      score: 2,
      tools: '[{"type":"function","function":{"name":"stock"}}]',
      finish_reason: 'length',
    };
    expect(candidatesOf(rollouts, record)[0]).toMatchObject({
      scores: { reward: { value: 0.5 }, score: { value: 2 } },
      tools: [{ function: { name: 'stock' } }],
      flags: ['truncated'],
    });
    expect(rollouts.read({ ...record, completion: null, error: 'down' })).toMatchObject({
      candidates: [{ loss: { reason: 'error' } }],
    });
    expect(rollouts.read({ ...record, tools: 'search' })).toMatchObject({
      candidates: [{ flags: ['truncated', 'unread_tools'] }],
    });
  });

  test('are not sure where two keys group the records differently', () => {
    const row = (task_id: string, example_id: number) => ({
      task_id,
      example_id,
      prompt: 'Q',
      completion: 'A',
      reward: 1,
    });
    expect(rollouts.detect({ records: [row('a', 1), row('b', 2), row('a', 1)] })).toBe('sure');
    expect(rollouts.detect({ records: [row('math', 1), row('math', 2)] })).toBe('no');
  });

  test.each([
    ['lines of one candidate', { example_id: 1, prompt: 'Q', response: 'A', score: 1 }],
    ['lists', { prompt: 'Q', output: ['A', 'B'], reward: [1, 0] }],
    ['rows without a score', { prompt: 'Q', completion: 'A', label: true }],
    ['answers without a prompt', { completion: 'A', reward: 1 }],
  ])('are not %s', (_, record) => {
    expect(rollouts.detect({ records: [record] })).toBe('no');
  });

  test('give the same pairs in any order of lines', () => {
    const line = fc.record({
      task_id: fc.nat(3),
      prompt: fc.constant('Q'),
      completion: fc.stringMatching(/^[a-c]{1,2}$/),
      reward: fc.nat(2),
    });
    fc.assert(
      fc.property(
        fc
          .array(line, { maxLength: 12 })
          .chain((lines) => fc.tuple(fc.constant(lines), fc.shuffledSubarray(lines, { minLength: lines.length }))),
        ([lines, shuffled]) => {
          const pairsOf = (of: readonly unknown[]) =>
            pairAll(
              groupsOf(
                readAll(
                  rollouts,
                  of.map((record) => ({ record })),
                  (at) => `${lines.indexOf(of[at] as (typeof lines)[number])}`,
                ).named,
              ),
              'reward',
              'final',
            );
          expect(pairsOf(shuffled)).toEqual(pairsOf(lines));
        },
      ),
    );
  });
});

describe('scored lists', () => {
  test.each([
    ['reward', { prompt: 'Q', responses: ['A', 'B'], rewards: [1, 0] }],
    ['score', { question: 'Q', completions: ['A', 'B'], scores: [1, 0], model: 'm' }],
    ['score', { prompt: [user('Q')], generations: [assistant('A'), assistant('B')], score: [1, 0] }],
  ])('name their score %s', (name, record) => {
    const candidates = candidatesOf(scoredLists, record);
    expect(candidates.map(({ scores }) => scores)).toEqual([{ [name]: { value: 1 } }, { [name]: { value: 0 } }]);
  });

  test('of RLHFlow have rendered prompts, empty responses and NaN', () => {
    const prompt = '<|start_header_id|>user<|end_header_id|>\n\nQ<|eot_id|>';
    const [first, empty, unscored] = candidatesOf(rlhflow, {
      prompt,
      responses: ['A', '', 'C'],
      rewards: [1.5, 1, null],
    });
    expect(first).toMatchObject({ conversation: { prompt, rendered: true }, scores: { reward: { value: 1.5 } } });
    expect(empty?.loss?.reason).toBe('empty_response');
    expect(unscored?.scores.reward).toMatchObject({ loss: { reason: 'missing_score' } });
    expect(rlhflow.detect({ records: [{ prompt: 'Q', responses: ['A'], rewards: [1] }] })).toBe('no');
  });

  test('of RLHFlow may be the instances of a document', () => {
    const record = {
      document: { type: 'text_only' },
      instances: { prompt: 'Q', responses: ['A', 'B'], rewards: [1, 0] },
    };
    expect(candidatesOf(rlhflow, record).map(({ scores }) => scores)).toEqual([
      { reward: { value: 1 } },
      { reward: { value: 0 } },
    ]);
    expect(scoredLists.detect({ records: [record] })).toBe('no');
  });
});

describe('comparisons', () => {
  const row = { prompt: 'Q', response_a: 'A', response_b: 'B' };

  test.each([
    ['a', [1, 0]],
    ['B', [0, 1]],
    ['model_a', [1, 0]],
    ['response_b', [0, 1]],
    ['Assistant B', [0, 1]],
    ['[[A]]', [1, 0]],
    ['A>>B', [2, 0]],
    ['[[B>A]]', [0, 1]],
    ['A=B', [0, 0]],
    ['tie', [0, 0]],
    ['tie (bothbad)', [0, 0]],
    ['first', [1, 0]],
    ['1', ['unknown_winner', 'unknown_winner']],
    [1, ['unknown_winner', 'unknown_winner']],
    ['C', ['unknown_winner', 'unknown_winner']],
    [true, ['unknown_winner', 'unknown_winner']],
  ])('whose winner is %j score %j', (winner, scores) => {
    expect(preferences(candidatesOf(comparisons, { ...row, winner }))).toEqual(scores);
  });

  test.each([
    [1, [1, 0]],
    [2, [0, 1]],
    ['2', [0, 1]],
    [1.5, ['unknown_winner', 'unknown_winner']],
  ])('of numbered answers whose preference is %j score %j', (preference, scores) => {
    expect(
      preferences(candidatesOf(comparisons, { instruction: 'Q', output_1: 'A', output_2: 'B', preference })),
    ).toEqual(scores);
  });

  test.each([
    [-3, [3, 0]],
    [1, [0, 1]],
    [0, [0, 0]],
  ])('with a strength of %j, signed as HelpSteer has it, score %j', (overall_preference, scores) => {
    const record = { context: [user('Q')], response1: 'A', response2: 'B', overall_preference };
    expect(preferences(candidatesOf(comparisons, record))).toEqual(scores);
  });

  test('have the strength for a margin where it stands beside the winner', () => {
    expect(preferences(candidatesOf(comparisons, { ...row, winner: 'b', strength: 0.25 }))).toEqual([0, 0.25]);
    expect(preferences(candidatesOf(comparisons, { ...row, winner: 'b', strength: 'much' }))).toEqual([
      'invalid_score',
      'invalid_score',
    ]);
    expect(preferences(candidatesOf(comparisons, { ...row, winner: 'b', strength: -1 }))).toEqual([
      'negative_strength',
      'negative_strength',
    ]);
  });

  test('may be whole conversations, as in the arena', () => {
    const conversation = (answer: string) => [user('Q'), assistant(answer)];
    const candidates = candidatesOf(comparisons, {
      question_id: 'q1',
      conversation_a: conversation('A'),
      conversation_b: conversation('B'),
      winner: 'model_b',
    });
    expect(candidates.map(said)).toEqual([
      [[user('Q')], [assistant('A')]],
      [[user('Q')], [assistant('B')]],
    ]);
    expect(preferences(candidates)).toEqual([0, 1]);
    expect(candidates.map(({ group, at }) => [group, at])).toEqual([
      ['q1', '/conversation_a'],
      ['q1', '/conversation_b'],
    ]);
  });

  test('lose their judgement where it is missing, and both answers where one is', () => {
    expect(comparisons.read({ ...row, winner: null })).toMatchObject({
      candidates: [{ scores: { preference: { loss: { reason: 'missing_winner' } } } }, {}],
    });
    expect(comparisons.read({ ...row, response_b: null, winner: 'a' })).toMatchObject({
      rejected: { reason: 'missing_response' },
    });
  });
});

describe('pairs', () => {
  test.each([
    ['texts with a prompt', { prompt: 'Q', chosen: 'A', rejected: 'B' }, ['Q', 'A'], ['Q', 'B']],
    [
      'messages with a prompt',
      { prompt: [user('Q')], chosen: [assistant('A')], rejected: [assistant('B')] },
      [[user('Q')], [assistant('A')]],
      [[user('Q')], [assistant('B')]],
    ],
    [
      'a message each',
      { prompt: 'Q', chosen: assistant('A'), rejected: assistant('B') },
      [[user('Q')], [assistant('A')]],
      [[user('Q')], [assistant('B')]],
    ],
    [
      'messages that hold the prompt',
      { chosen: [user('Q'), assistant('A')], rejected: [user('Q'), assistant('B')] },
      [[user('Q')], [assistant('A')]],
      [[user('Q')], [assistant('B')]],
    ],
    [
      'messages that hold the prompt once more',
      { prompt: 'Q', chosen: [user('Q'), assistant('A')], rejected: [user('Q'), assistant('B')] },
      [[user('Q')], [assistant('A')]],
      [[user('Q')], [assistant('B')]],
    ],
    [
      'transcripts',
      { chosen: '\n\nHuman: Q\n\nAssistant: A', rejected: '\n\nHuman: Q\n\nAssistant: B' },
      ['\n\nHuman: Q\n\nAssistant:', ' A'],
      ['\n\nHuman: Q\n\nAssistant:', ' B'],
    ],
    [
      'OpenAI’s form',
      {
        input: { messages: [user('Q')], tools: [] },
        preferred_output: [assistant('A')],
        non_preferred_output: [assistant('B')],
      },
      [[user('Q')], [assistant('A')]],
      [[user('Q')], [assistant('B')]],
    ],
    [
      'LLaMA-Factory’s form',
      {
        conversations: [{ from: 'human', value: 'Q' }],
        chosen: { from: 'gpt', value: 'A' },
        rejected: { from: 'gpt', value: 'B' },
      },
      [[user('Q')], [assistant('A')]],
      [[user('Q')], [assistant('B')]],
    ],
  ])('are read from %s', (_, record, chosen, rejected) => {
    const candidates = candidatesOf(pairs, record);
    expect(candidates.map(said)).toEqual([chosen, rejected]);
    expect(preferences(candidates)).toEqual([1, 0]);
  });

  test('share as much as they begin with alike, up to where the assistant speaks', () => {
    const beginning = [user('Q'), assistant('How so?'), user('So.')];
    const [chosen] = candidatesOf(pairs, {
      chosen: [...beginning, assistant('A')],
      rejected: [...beginning, assistant('B'), user('No.'), assistant('C')],
    });
    expect(chosen && said(chosen)).toEqual([beginning, [assistant('A')]]);
    const alike = [user('Q'), assistant('A')];
    expect(candidatesOf(pairs, { chosen: alike, rejected: alike }).map(said)).toEqual([
      [[user('Q')], [assistant('A')]],
      [[user('Q')], [assistant('A')]],
    ]);
  });

  test('of different prompts keep each its own', () => {
    const candidates = candidatesOf(pairs, {
      chosen: [user('Q'), assistant('A')],
      rejected: [user('R'), assistant('B')],
    });
    expect(candidates.map((candidate) => said(candidate)[0])).toEqual([[user('Q')], [user('R')]]);
  });

  test('have a stated strength for margin, and stated scores beside', () => {
    const row = { prompt: 'Q', chosen: 'A', rejected: 'B' };
    expect(preferences(candidatesOf(pairs, { ...row, margin: 2.5 }))).toEqual([2.5, 0]);
    expect(candidatesOf(pairs, { ...row, score_chosen: 8.5, score_rejected: 8.5 }).map(({ scores }) => scores)).toEqual(
      [
        { preference: { value: 1 }, score: { value: 8.5 } },
        { preference: { value: 0 }, score: { value: 8.5 } },
      ],
    );
  });

  test('without a prompt anywhere are refused by name', () => {
    expect(pairs.read({ chosen: 'A', rejected: 'B' })).toMatchObject({
      candidates: [{ loss: { reason: 'missing_prompt' } }, { loss: { reason: 'missing_prompt' } }],
    });
  });
});

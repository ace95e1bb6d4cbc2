import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Message } from '../../lib/contract/trajectory.ts';
import type { Unit } from '../../lib/contract/unit.ts';
import { harbor } from '../../lib/sources/formats/harbor/harbor.ts';
import { inspect } from '../../lib/sources/formats/inspect/inspect.ts';
import { nemoGym } from '../../lib/sources/formats/nemo-gym.ts';
import { openrlhf } from '../../lib/sources/formats/openrlhf.ts';
import { otel } from '../../lib/sources/formats/otel.ts';
import { verifiers } from '../../lib/sources/formats/verifiers/verifiers.ts';
import { verl } from '../../lib/sources/formats/verl.ts';
import { pickScore } from '../../lib/sources/pick-score.ts';
import type { Conversation, SourceCandidate } from '../../lib/sources/source-candidate.ts';
import type { SourceFormat } from '../../lib/sources/source-format.ts';
import { takeUnit, type UnitAnswer } from '../../lib/sources/take-unit.ts';
import {
  golden,
  groupsOf,
  inOrder,
  type NamedCandidate,
  normalForm,
  readAll,
  readExpected,
} from './formats/expected.ts';
import { folderEntries, joinRecords, parse, readLines, zipEntries } from './formats/read-entries.ts';

const normalize = (messages: readonly Message[]): readonly string[] =>
  normalForm(messages).map((message) => JSON.stringify(message));

describe('the pairs of every sample, by the product’s own units and scores', () => {
  const byId = (_record: number, _answer: number, { id }: SourceCandidate) => id ?? '';
  const byLine = (record: number, answer: number) => `L${record + 1}.${answer}`;
  const samples: readonly [string, SourceFormat, () => readonly unknown[], typeof byId | typeof byLine][] = [
    [
      'scored_lists/openrlhf/rm.jsonl',
      openrlhf,
      () => readLines(golden('scored_lists/openrlhf/rm.jsonl')),
      (record: number) => `R${record + 1}`,
    ],
    ['verl/v1', verl, () => readLines(golden('verl/v1/3.jsonl')), (record: number) => `3.jsonl:${record + 1}`],
    ['otel/span', otel, () => ['logs', 'traces'].flatMap((name) => readLines(golden(`otel/span/${name}.jsonl`))), byId],
    ['inspect/react.json', inspect, () => [parse(readFileSync(golden('inspect/react.json'), 'utf8'))], byId],
    ['inspect/zstd.eval', inspect, () => joinRecords(inspect, zipEntries(golden('inspect/zstd.eval'))), byId],
    [
      'verifiers/v0-complete',
      verifiers,
      () => readLines(golden('verifiers/v0-complete/results.jsonl')),
      (record: number) => `L${record + 1}`,
    ],
    ['verifiers/v1', verifiers, () => readLines(golden('verifiers/v1/traces.jsonl')), byLine],
    [
      'nemo_gym/run',
      nemoGym,
      () => readLines(golden('nemo_gym/run/rollouts.jsonl')),
      (record: number) => `rollouts.jsonl:${record + 1}`,
    ],
    [
      'harbor/store-job-agents',
      harbor,
      () => joinRecords(harbor, folderEntries(golden('harbor/store-job-agents'))),
      byId,
    ],
  ];

  test.each(samples)('%s', (sample, format, records, name) => {
    const { named } = readAll(
      format,
      records().map((record) => ({ record })),
      name,
    );
    for (const [score, units] of Object.entries(readExpected(sample).views)) {
      for (const unit of ['final', 'trajectory'] as const) {
        expect({ score, unit, ...pairUnits(named, score, unit) }).toEqual({ score, unit, ...inOrder(units[unit]) });
      }
    }
  });

  function pairUnits(named: readonly NamedCandidate[], score: string, unit: Unit) {
    const pairs: { chosen: string; rejected: string; margin: number }[] = [];
    const skipped = { prompt_mismatch: [] as string[][], identical: [] as string[][], tie: [] as string[][] };
    for (const group of groupsOf(named)) {
      const turn = group.map(({ candidate }) => ({ candidate, score: pickScore(candidate, score) }));
      const { answers, losses } = takeUnit(unit, turn);
      expect([...answers.flatMap(({ from }) => from), ...losses.map(({ of }) => of)].toSorted()).toEqual([
        ...group.keys(),
      ]);
      const nameOf = ({ from: [index] }: UnitAnswer) => group[index ?? -1]?.name ?? '';
      for (const [at, a] of answers.entries()) {
        for (const b of answers.slice(at + 1)) {
          const names = [nameOf(a), nameOf(b)];
          if (textOf(a.prompt) !== textOf(b.prompt)) skipped.prompt_mismatch.push(names);
          else if (textOf(a.response) === textOf(b.response)) skipped.identical.push(names);
          else if (a.score === b.score) skipped.tie.push(names);
          else {
            const [chosen, rejected] = a.score > b.score ? [a, b] : [b, a];
            pairs.push({ chosen: nameOf(chosen), rejected: nameOf(rejected), margin: chosen.score - rejected.score });
          }
        }
      }
    }
    return inOrder({ pairs, skipped });
  }

  const textOf = (found: unknown): string =>
    Array.isArray(found) ? JSON.stringify(normalize(found)) : JSON.stringify(found);
});

describe('final', () => {
  test('the prompt is all that the answer follows, where all answers follow the same', () => {
    const call = (id: string) => [ask, calls(id, 'lamp'), result(id, '14')] as const;
    const { answers } = take('final', [
      rollout([...call('a'), say('14 lamps')], 1),
      rollout([...call('b'), say('15')], 0),
    ]);
    expect(answers).toEqual([
      { turnId: '0', prompt: call('a'), response: '14 lamps', score: 1, from: [0] },
      { turnId: '0', prompt: call('b'), response: '15', score: 0, from: [1] },
    ]);
  });

  test('else it is what all of them began with', () => {
    const { answers } = take('final', [
      rollout([ask, calls('a', 'lamp'), result('a', '14'), say('14')], 1),
      rollout([ask, say('10')], 0),
    ]);
    expect(answers.map(({ prompt }) => prompt)).toEqual([[ask], [ask]]);
  });

  test('a candidate that is lost, or has no final answer, has no say in what is shared', () => {
    const lost = { ...rollout([ask, say('no'), ask, say('10')], 1), loss: { reason: 'error', detail: 'it failed' } };
    const open = rollout([ask, calls('a', 'lamp')], 1);
    const long = [ask, say('Hm.'), ask, say('14')];
    const { answers, losses } = take('final', [lost, open, rollout(long, 1)]);
    expect(answers).toEqual([{ turnId: '0', prompt: long.slice(0, -1), response: '14', score: 1, from: [2] }]);
    expect(losses.map(({ of, loss }) => [of, loss.reason])).toEqual([
      [0, 'error'],
      [1, 'no_final_answer'],
    ]);
  });

  test('one without the score has a say: what a prompt is does not depend on the score that is asked for', () => {
    const without = rollout([ask, calls('a', 'lamp'), result('a', '14'), say('14')], undefined);
    const { answers, losses } = take('final', [without, rollout([ask, say('Hm.'), ask, say('10')], 1)]);
    expect(answers.map(({ prompt }) => prompt)).toEqual([[ask]]);
    expect(losses.map(({ loss }) => loss.reason)).toEqual(['missing_score']);
  });

  test('reasoning is no part of the answer', () => {
    const thought = { role: 'assistant', content: '14', reasoning_content: 'Let me see.' };
    expect(take('final', [rollout([ask, thought], 1)]).answers[0]?.response).toBe('14');
  });

  test.each([
    ['a call', [ask, { ...calls('a', 'lamp'), content: 'I look.' }], 'no_final_answer'],
    ['no text', [ask, { role: 'assistant', content: ' \n' }], 'no_final_answer'],
    ['nothing of the model', [ask], 'no_answer'],
  ])('a conversation that ends in %s has no final answer', (_, messages, reason) => {
    expect(take('final', [rollout(messages, 1)])).toEqual({
      answers: [],
      losses: [{ of: 0, loss: expect.objectContaining({ reason }) }],
    });
  });
});

describe('trajectory', () => {
  test('the answer is all that follows the prompt, calls and results included', () => {
    const made = [calls('a', 'lamp'), result('a', '14'), say('14')];
    const { answers } = take('trajectory', [rollout([ask, ...made], 1)]);
    expect(answers).toEqual([{ turnId: '0', prompt: [ask], response: made, score: 1, from: [0] }]);
  });

  test('messages that say nothing are an empty response', () => {
    expect(take('trajectory', [rollout([ask, { role: 'assistant', content: '' }], 1)]).losses).toEqual([
      { of: 0, loss: expect.objectContaining({ reason: 'empty_response' }) },
    ]);
  });
});

describe('turn', () => {
  test('a conversation of one message is one answer; a longer one is lost by name', () => {
    const { answers, losses } = take('turn', [
      rollout([ask, say('14')], 1),
      rollout([ask, say('Hm.'), ask, say('15')], 0),
    ]);
    expect(answers.map(({ response }) => response)).toEqual(['14']);
    expect(losses.map(({ of, loss }) => [of, loss.reason])).toEqual([[1, 'several_messages']]);
  });

  test('one message that calls a tool is an answer', () => {
    const { answers, losses } = take('turn', [rollout([ask, calls('a', 'lamp')], 1), rollout([ask, say('14')], 0)]);
    expect(answers.map(({ prompt, response }) => [prompt, response])).toEqual([
      [[ask], calls('a', 'lamp')],
      [[ask], '14'],
    ]);
    expect(losses).toEqual([]);
  });
});

test.each(['turn', 'final', 'divergence', 'trajectory'] as const)(
  'an answer of text is taken as it is by %s',
  (unit) => {
    const answer = (response: string, score: number) =>
      candidate({ kind: 'text', prompt: 'user\nHow many?\nassistant\n', response, rendered: true }, score);
    const { answers, losses } = take(unit, [answer('14', 1), answer('15', 0), answer(' ', 0)]);
    expect(answers.map(({ prompt, response, score }) => [prompt, response, score])).toEqual([
      ['user\nHow many?\nassistant\n', '14', 1],
      ['user\nHow many?\nassistant\n', '15', 0],
    ]);
    expect(losses).toEqual([{ of: 2, loss: expect.objectContaining({ reason: 'empty_response' }) }]);
  },
);

describe('divergence', () => {
  test('rollouts part where messages of the assistant differ; each message has the mean score of its rollouts', () => {
    const look = (id: string) => [ask, calls(id, 'lamp'), result(id, '14')] as const;
    const { answers } = take('divergence', [
      rollout([...look('a'), say('14')], 1),
      rollout([...look('b'), say('15')], 0),
      rollout([...look('c'), say('14')], 0.5),
      rollout([ask, say('10')], 0),
    ]);
    expect(answers).toEqual([
      { turnId: '1', prompt: [ask], response: calls('a', 'lamp'), score: 0.5, from: [0, 1, 2] },
      { turnId: '1', prompt: [ask], response: '10', score: 0, from: [3] },
      { turnId: '3', prompt: look('a'), response: '14', score: 0.75, from: [0, 2] },
      { turnId: '3', prompt: look('b'), response: '15', score: 0, from: [1] },
    ]);
  });

  test('results of tools that differ part the rollouts, but are no answers', () => {
    const { answers } = take('divergence', [
      rollout([ask, calls('a', 'lamp'), result('a', '14'), say('14')], 1),
      rollout([ask, calls('b', 'lamp'), result('b', 'busy'), say('15')], 0),
    ]);
    expect(answers).toEqual([]);
  });

  test('two turns after as many messages have two ids', () => {
    const path = (first: string, second: string, score: number) => rollout([ask, say(first), ask, say(second)], score);
    const { answers } = take('divergence', [
      path('a', 'x', 1),
      path('a', 'y', 0),
      path('b', 'x', 1),
      path('b', 'y', 0),
    ]);
    expect(answers.map(({ turnId, response }) => [turnId, response])).toEqual([
      ['1', 'a'],
      ['1', 'b'],
      ['3', 'x'],
      ['3', 'y'],
      ['3.2', 'x'],
      ['3.2', 'y'],
    ]);
  });

  test('messages of an assistant in the prompt are nobody’s answers', () => {
    const prompted = (first: string, answer: string) =>
      candidate({ kind: 'messages', prompt: [ask, say(first), ask], trajectory: [say(answer)] }, 1);
    expect(take('divergence', [prompted('a', 'x'), prompted('b', 'y')]).answers).toEqual([]);
  });

  test('rollouts with other tools began differently', () => {
    const offered = (name: string, answer: string) => ({ ...rollout([ask, say(answer)], 1), tools: [{ name }] });
    expect(take('divergence', [offered('stock', 'x'), offered('shop', 'y')]).answers).toEqual([]);
  });

  test('the answers and their scores do not depend on the order of rollouts', () => {
    const rollouts = fc.array(
      fc.tuple(
        fc.array(fc.constantFrom('a', 'b', 'c'), { minLength: 1, maxLength: 4 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
      ),
      { minLength: 1, maxLength: 12 },
    );
    fc.assert(
      fc.property(
        rollouts.chain((all) => fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length }))),
        ([all, mixed]) => {
          expect(divergences(mixed)).toEqual(divergences(all));
        },
      ),
    );
  });

  test('a conversation of 20,000 messages is no deeper than the stack', () => {
    const long = (last: string, score: number) =>
      rollout([ask, ...Array.from({ length: 10_000 }, () => [say('Hm.'), ask]).flat(), say(last)], score);
    expect(take('divergence', [long('a', 1), long('b', 0)]).answers).toHaveLength(2);
  });

  const divergences = (all: readonly (readonly [readonly string[], number])[]) =>
    take(
      'divergence',
      all.map(([answers, score]) =>
        rollout(
          answers.flatMap((answer) => [ask, say(answer)]),
          score,
        ),
      ),
    )
      .answers.map(({ prompt, response, score }) => JSON.stringify([prompt, response, score]))
      .toSorted();
});

const ask: Message = { role: 'user', content: 'How many?' };
const say = (content: string): Message => ({ role: 'assistant', content });
const result = (id: string, content: string): Message => ({ role: 'tool', content, tool_call_id: id });
const calls = (id: string, item: string): Message => ({
  role: 'assistant',
  content: '',
  tool_calls: [{ id, type: 'function', function: { name: 'stock', arguments: JSON.stringify({ item }) } }],
});

/** The first message is the prompt. */
const rollout = ([first, ...made]: readonly Message[], score: number | undefined): SourceCandidate =>
  candidate({ kind: 'messages', prompt: first ? [first] : [], trajectory: made }, score);

const candidate = (conversation: Conversation, score: number | undefined): SourceCandidate => ({
  group: 'lamps',
  turnId: '0',
  index: undefined,
  id: null,
  conversation,
  scores: score === undefined ? {} : { reward: { value: score } },
  tools: undefined,
  flags: [],
  loss: undefined,
  metadata: {},
});

const take = (unit: Unit, turn: readonly SourceCandidate[]) =>
  takeUnit(
    unit,
    turn.map((one) => ({ candidate: one, score: pickScore(one, 'reward') })),
  );

import { expect, test } from 'vitest';
import { refuseConversations } from '../../lib/datasets/refuse-conversations.ts';
import { exported, group } from './collections.ts';

const look = { type: 'function', function: { name: 'look', parameters: {} } };
const find = { type: 'function', function: { name: 'find', parameters: {} } };

test('pairs are duplicates, or contradict each other, only where their tools are the same', async () => {
  const groups = [
    group('a', [{ prompt: 'p', tools: [look] }]),
    group('b', [{ prompt: 'p', tools: [find] }], { offset: 1 }),
    group('c', [{ prompt: 'p', tools: [look, look] }], { offset: 2 }),
    group('d', [{ prompt: 'p' }], { offset: 3 }),
    group('e', [{ prompt: 'p', tools: [find] }], { offset: 4 }),
    group('f', [{ prompt: 'p', chosen: 'bad', rejected: 'good' }], { offset: 5 }),
  ];
  const { result } = await exported(groups, { formats: ['trl'], validation_fraction: 0 });
  expect(result.selections.whole).toMatchObject({
    collected_pairs: 6,
    duplicate_pairs: 1,
    contradictory_pairs: 2,
    training: { pairs: 3 },
  });
});

test('a prompt leaks whatever its tools are', async () => {
  const groups = Array.from({ length: 10 }, (_, offset) =>
    group(`e${offset}`, [{ prompt: 'p', chosen: `good ${offset}`, tools: offset % 2 ? [look] : [find] }], { offset }),
  );
  const { result } = await exported(groups, { formats: ['trl'] });
  expect(result.selections.whole).toMatchObject({ leaking_validation_pairs: 2, training: { pairs: 8 } });
});

test('whole conversations are refused by the formats that hold one answer, before anything is built', () => {
  expect(() => refuseConversations(['trl', 'trl_kto'])).not.toThrow();
  expect(() => refuseConversations(['trl', 'axolotl', 'openai'])).toThrow(
    /^dataset\.formats has axolotl, openai, which holds one answer per side.*Use .*trl.*trl_kto/,
  );
});

test('trl holds an answer of several messages', async () => {
  const user = { role: 'user', content: 'q' };
  const chosen = [
    { role: 'assistant', content: 'wait' },
    { role: 'user', content: 'go on' },
    { role: 'assistant', content: 'done' },
  ];
  const groups = [group('a', [{ prompt: [user], chosen, rejected: 'no' }])];
  const { lines, result } = await exported(groups, { formats: ['trl', 'openai'], validation_fraction: 0 });
  expect(lines('trl/train.jsonl')).toEqual([
    { prompt: [user], chosen, rejected: [{ role: 'assistant', content: 'no' }] },
  ]);
  expect(result.formats.openai?.left_out).toEqual({ conversation: 1 });
});

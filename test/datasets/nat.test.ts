import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Group } from '../../lib/contract/trajectory.ts';
import { exported, group } from './collections.ts';

/** NAT's own adapter, as its README's rules 13 and 14 have it. */
function asNat(groups: readonly Group[], deduplicate: boolean, fullHistory: boolean) {
  const seen = new Set<string>();
  const items = groups
    .flatMap(({ trajectories }) => trajectories)
    .map(({ episode }) => episode[0])
    .filter((item) => {
      const key = JSON.stringify(item);
      const fresh = !seen.has(key);
      seen.add(key);
      return fresh || !deduplicate;
    })
    .map(({ prompt, chosen_response, rejected_response }) => {
      const history = typeof prompt === 'string' ? [{ role: 'user', content: prompt }] : prompt;
      const last = typeof prompt === 'string' ? prompt : (prompt.at(-1)?.content ?? '');
      return { prompt: fullHistory ? history : last, chosen_response, rejected_response };
    });
  const cut = Math.max(1, Math.trunc(items.length * 0.8));
  const rest = cut < items.length ? items.slice(cut) : items.slice(-1);
  return { training: items.slice(0, cut), validation: rest };
}

const word = fc.constantFrom('x', 'y', '');
const message = fc.record({ role: fc.constantFrom('user', 'system', 'human'), content: word });
const collections = fc.array(
  fc.array(fc.record({ prompt: fc.oneof(word, fc.array(message, { maxLength: 2 })), chosen: word, rejected: word }), {
    minLength: 1,
    maxLength: 4,
  }),
  { maxLength: 6 },
);

test('in nat compatibility the files are those of NAT, line for line', async () => {
  await fc.assert(
    fc.asyncProperty(collections, fc.boolean(), fc.boolean(), async (specs, deduplicate_pairs, fullHistory) => {
      const groups = specs.map((pairs, offset) => group(`e${offset % 3}`, pairs, { offset }));
      const dataset = { formats: ['nemo_customizer'], deduplicate_pairs, use_full_message_history: fullHistory };
      const { lines } = await exported(groups, dataset, { compatibility: 'nat' });
      const expected = asNat(groups, deduplicate_pairs, fullHistory);
      expect(lines('nemo_customizer/training/training_file.jsonl')).toEqual(expected.training);
      expect(lines('nemo_customizer/validation/validation_file.jsonl')).toEqual(expected.validation);
    }),
    { numRuns: 100 },
  );
});

test('max_pairs is a seeded sample that keeps the order of the collection', async () => {
  const pairs = Array.from({ length: 20 }, (_, index) => ({ prompt: String(index).padStart(2, '0') }));
  const sample = async (seed: number) => {
    const dataset = { max_pairs: 5, validation_fraction: 0, seed };
    const { lines, result } = await exported([group('a', pairs)], dataset, { compatibility: 'nat' });
    expect(result.selections.whole).toMatchObject({ sampled_out_pairs: 15, training: { pairs: 5 } });
    return lines('nemo_customizer/training/training_file.jsonl').map((line) => JSON.stringify(line));
  };
  const drawn = await sample(1);
  expect(drawn).toEqual([...drawn].sort());
  expect(drawn).toEqual(await sample(1));
  expect(drawn).not.toEqual(await sample(2));
});

test('NAT splits by position: the prompts that leak are counted in a warning', async () => {
  const pairs = ['1', '2', '3', '4', '5'].map((chosen) => ({ chosen }));
  const { result } = await exported([group('a', pairs)], {}, { compatibility: 'nat' });
  expect(result.warnings).toEqual([expect.stringContaining('1 of 1 validation pairs have a prompt')]);
});

import { expect, test } from 'vitest';
import type { Group } from '../../lib/contract/trajectory.ts';
import type { ObjectStore } from '../../lib/objects/store.ts';
import { groupsInStretches, isShort } from '../../lib/stages/watched-groups.ts';
import { memoryStore } from '../support/memory-store.ts';
import { memoryDeps } from '../support/run.ts';

const text = (number: number): string => `${number} `.repeat(500);
const line = (number: number): string => {
  const trajectory = {
    episode: [{ prompt: text(number), chosen_response: text(number), rejected_response: text(number) }],
    reward: 1,
    shaped_rewards: null,
    metadata: {
      dpo_type: 'preference_pair',
      score_diff: 1,
      example_id: `${number}`,
      turn_id: 't',
      chosen_score: 1,
      rejected_score: 0,
      chosen_index: 0,
      rejected_index: 1,
      num_candidates: 2,
      lineage: { key: 't.jsonl', offset: number, chosen_uuid: null, rejected_uuid: null },
    },
  };
  return `${JSON.stringify({ run_id: 'r', example_id: `${number}`, trajectories: [trajectory] })}\n`;
};

async function lookAt(groups: number) {
  const collections = memoryStore('collections', 65_536);
  const body = Buffer.from(Array.from({ length: groups }, (_, number) => line(number)).join(''));
  collections.objects.set('collection.jsonl', body);
  let bytesRead = 0;
  const counting: ObjectStore = {
    ...collections,
    async *read(key, options) {
      for await (const chunk of collections.read(key, options)) {
        bytesRead += chunk.length;
        yield chunk;
      }
    },
  };
  const deps = { ...memoryDeps(memoryStore('traces')), collections: counting };
  const seen: Group[] = [];
  for await (const group of groupsInStretches('collection.jsonl', body.length, deps)) seen.push(group);
  return { seen: seen.map(({ example_id }) => Number(example_id)), bytes: body.length, bytesRead };
}

test('a long collection is looked at in 32 stretches from its first group to its last quarter, each group once', async () => {
  const { seen, bytes } = await lookAt(6000);
  expect(isShort(bytes)).toBe(false);
  expect(seen).toEqual([...new Set(seen)].sort((a, b) => a - b));
  expect(seen[0]).toBe(0);
  expect(seen.filter((number, place) => number !== (seen[place - 1] ?? -1) + 1)).toHaveLength(31);
  expect(seen.at(-1)).toBeGreaterThan(4500);
});

test('what is read of a collection for the report alone does not grow with it', async () => {
  const [once, twice] = [await lookAt(4500), await lookAt(9000)];
  expect(twice.bytes).toBeGreaterThan(1.9 * once.bytes);
  expect(twice.bytesRead).toBeLessThan(1.1 * once.bytesRead);
});

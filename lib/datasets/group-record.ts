import type { View } from '../contract/dataset-result.ts';
import type { Group, Trajectory } from '../contract/trajectory.ts';
import { compareDigests, type Digest, digest, digestOf } from './digest.ts';
import { rootOf } from './example.ts';
import type { ExportPlan } from './export-plan.ts';
import { shapeOf } from './layout.ts';
import { type Keys, keysOf, lengthOf, type Preference, preferenceOf, rawKeysOf } from './preference.ts';

/** What a dataset is chosen by of a group: digests and numbers, no text but its names. */
export interface GroupRecord {
  readonly exampleId: string;
  /** Of its example's root; seeded: their order is the split's random order. */
  readonly root: Digest;
  /** Key of the trace object. */
  readonly source: string;
  /** Of its trajectories. */
  readonly meanReward: number;
  readonly pairs: readonly PairRecord[];
}

export interface PairRecord extends PairFacts {
  /** What its messages are like (`layout.ts`). */
  readonly shape: number;
  /** In the order of the plan's views. */
  readonly digests: readonly PairDigests[];
}

export interface PairFacts {
  /** The byte at which its trace item begins. */
  readonly offset: number;
  /** Turns of the group are numbered as they come. */
  readonly turn: number;
  readonly reward: number;
  /** `score_diff`. */
  readonly margin: number;
  readonly chosenLength: number;
  readonly rejectedLength: number;
}

/** A pair as it is compared in one view. */
export interface PairDigests {
  readonly prompt: Digest;
  /** (prompt, both responses in the order of their digests); seeded: their order is the sample's random order. */
  readonly content: Digest;
  /** The chosen response's digest is the larger one. A content in both directions is a contradiction. */
  readonly flipped: boolean;
  /** (prompt, response), where the plan has an unpaired format. */
  readonly completions: { readonly chosen: Digest; readonly rejected: Digest } | undefined;
}

export async function* recordsOf(groups: AsyncIterable<Group>, plan: ExportPlan): AsyncGenerator<GroupRecord> {
  for await (const group of groups) yield recordOf(group, plan);
}

export function recordOf({ example_id, trajectories }: Group, plan: ExportPlan): GroupRecord {
  const factsOf = pairFacts();
  const pairs = trajectories.map((trajectory): PairRecord => {
    const preference = preferenceOf(trajectory);
    return {
      ...factsOf(trajectory, preference),
      shape: shapeOf(preference),
      digests: plan.views.map((view) => digestsOf(plan.nat ? rawKeysOf(trajectory) : keysOf(preference, view), plan)),
    };
  });
  const rewards = pairs.reduce((sum, { reward }) => sum + reward, 0);
  return {
    exampleId: example_id,
    root: rootDigest(example_id, plan.seed),
    source: trajectories[0]?.metadata.lineage.key ?? '',
    meanReward: pairs.length === 0 ? 0 : rewards / pairs.length,
    pairs,
  };
}

/** The facts of one group's pairs, one after the other. */
export function pairFacts() {
  // Two rollouts of one example may use the same turn ids.
  const turns = new Map<string, number>();
  return ({ reward, metadata }: Trajectory, { chosen, rejected }: Preference): PairFacts => {
    const { offset } = metadata.lineage;
    const name = `${offset} ${metadata.turn_id}`;
    const turn = turns.get(name) ?? turns.size;
    turns.set(name, turn);
    return {
      offset,
      turn,
      reward,
      margin: metadata.score_diff,
      chosenLength: lengthOf(chosen),
      rejectedLength: lengthOf(rejected),
    };
  };
}

export const rootDigest = (exampleId: string, seed: number): Digest => digestOf(seed, digest(rootOf(exampleId)));

export const promptDigest = ({ prompt }: Pick<Keys, 'prompt'>): Digest => digest(prompt);

export const promptIn = (view: View, preference: Preference): Digest => promptDigest(keysOf(preference, view));

function digestsOf(keys: Keys, { seed, unpaired }: Pick<ExportPlan, 'seed' | 'unpaired'>): PairDigests {
  const prompt = promptDigest(keys);
  const chosen = digest(keys.chosen);
  const rejected = digest(keys.rejected);
  const flipped = compareDigests(chosen, rejected) > 0;
  const [low, high] = flipped ? [rejected, chosen] : [chosen, rejected];
  return {
    prompt,
    content: digestOf(seed, prompt, low, high),
    flipped,
    completions: unpaired
      ? { chosen: digestOf(seed, prompt, chosen), rejected: digestOf(seed, prompt, rejected) }
      : undefined,
  };
}

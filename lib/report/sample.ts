import type { Group, Trajectory } from '../contract/trajectory.ts';
import { promptExcerpt, responseExcerpt, responseText, shortId } from './excerpt.ts';
import { histogram } from './histogram.ts';
import type { ReportSample, SampledPair, SampleKind } from './input.ts';
import { hashOf, reservoir } from './reservoir.ts';

/** Sizes of the samples: what a person pages through, and what a chart can show. */
const PAIRS_PER_KIND = 60;
const LENGTHS = 800;
const EXAMPLES = 300;

/** Collects what the report shows of a collection, one group after the other, in bounded memory. */
export type ReportSampler = {
  readonly add: (group: Group) => void;
  readonly sample: () => ReportSample;
};

/** The samples are taken by a hash of each pair's lineage: the same pairs whatever order the groups come in. */
export function reportSample(): ReportSampler {
  const margins = histogram({ whole: false });
  const perExample = histogram({ whole: true });
  const turnSizes = histogram({ whole: true });
  const examples = reservoir<ReportSample['curriculum'][number]>(EXAMPLES);
  const lengths = lengthSample();
  const pairs = pairSample();
  let total = 0;
  let groups = 0;

  return {
    add: (group) => {
      groups += 1;
      total += group.trajectories.length;
      perExample.add(group.trajectories.length);
      for (const size of candidatesPerTurn(group)) turnSizes.add(size);
      const first = group.trajectories[0];
      const name = `${group.example_id}\n${first?.metadata.lineage.key}\n${first?.metadata.lineage.offset}`;
      const hash = hashOf(name);
      examples.offer({ by: hash, hash, name }, () => rewardOf(group));
      for (const trajectory of group.trajectories) {
        margins.add(trajectory.metadata.score_diff);
        const pairName = nameOf(trajectory);
        const pairHash = hashOf(pairName);
        const length = lengths.add(trajectory, pairName, pairHash);
        pairs.add(trajectory, pairName, pairHash, length);
      }
    },
    sample: () => ({
      pairs: total,
      groups,
      margins: margins.bins(),
      pairs_per_example: perExample.bins(),
      turns_by_candidates: turnSizes.values().map(({ value, count }) => ({ candidates: value, turns: count })),
      lengths: lengths.sample(total),
      curriculum: examples.kept().sort((a, b) => b.mean - a.mean || byCodeUnit(a.example_id, b.example_id)),
      sampled_pairs: pairs.sample(),
    }),
  };
}

/** What tells a pair from every other of the run. */
function nameOf({ metadata }: Trajectory): string {
  const { key, offset, chosen_uuid, rejected_uuid } = metadata.lineage;
  const { example_id, turn_id, chosen_index, rejected_index } = metadata;
  return [key, offset, example_id, turn_id, chosen_index, rejected_index, chosen_uuid, rejected_uuid].join('\n');
}

function lengthSample() {
  const points = reservoir<{ chosen: number; rejected: number }>(LENGTHS);
  let [chosenLonger, rejectedLonger, equal, chosenSum, rejectedSum] = [0, 0, 0, 0, 0];
  return {
    /** Returns the two lengths together. */
    add: ({ episode }: Trajectory, name: string, hash: number): number => {
      const chosen = responseText(episode[0].chosen_response).length;
      const rejected = responseText(episode[0].rejected_response).length;
      if (chosen > rejected) chosenLonger += 1;
      else if (chosen < rejected) rejectedLonger += 1;
      else equal += 1;
      chosenSum += chosen;
      rejectedSum += rejected;
      points.offer({ by: hash, hash, name }, () => ({ chosen, rejected }));
      return chosen + rejected;
    },
    sample: (total: number): ReportSample['lengths'] => ({
      chosen_longer: chosenLonger,
      rejected_longer: rejectedLonger,
      equal,
      chosen_mean: total === 0 ? null : chosenSum / total,
      rejected_mean: total === 0 ? null : rejectedSum / total,
      sample: points.kept(),
    }),
  };
}

function pairSample() {
  const kinds = (['widest', 'narrowest', 'longest', 'random'] as const satisfies readonly SampleKind[]).map((kind) => ({
    kind,
    kept: reservoir<{ name: string; pair: Omit<SampledPair, 'kinds'> }>(PAIRS_PER_KIND),
  }));
  return {
    add: (trajectory: Trajectory, name: string, hash: number, length: number) => {
      const margin = trajectory.metadata.score_diff;
      const by = { widest: -margin, narrowest: margin, longest: -length, random: hash };
      for (const { kind, kept } of kinds) {
        kept.offer({ by: by[kind], hash, name }, () => ({ name, pair: shown(trajectory) }));
      }
    },
    /** In order of kind, then of that kind's rank; a pair of several kinds stands once. */
    sample: (): SampledPair[] => {
      const byName = new Map<string, SampledPair>();
      for (const { kind, kept } of kinds) {
        for (const { name, pair } of kept.kept()) {
          const before = byName.get(name);
          if (before === undefined) byName.set(name, { kinds: [kind], ...pair });
          else before.kinds.push(kind);
        }
      }
      return [...byName.values()];
    },
  };
}

function shown({ episode, reward, metadata }: Trajectory): Omit<SampledPair, 'kinds'> {
  const [{ prompt, chosen_response, rejected_response }] = episode;
  const { score_diff, example_id, turn_id, chosen_score, rejected_score, chosen_index, rejected_index } = metadata;
  return {
    example_id: shortId(example_id),
    turn_id: shortId(turn_id),
    margin: score_diff,
    reward,
    chosen_score,
    rejected_score,
    chosen_index,
    rejected_index,
    ...promptExcerpt(prompt),
    chosen: responseExcerpt(chosen_response),
    rejected: responseExcerpt(rejected_response),
    lineage: metadata.lineage,
  };
}

/** Per turn, the candidates that stand in a pair; all of the turn's when the builder counted them. */
function candidatesPerTurn(group: Group): number[] {
  const turns = new Map<string, { counted: number; met: Set<string> }>();
  for (const { metadata } of group.trajectories) {
    const { lineage } = metadata;
    const name = `${lineage.offset}\n${metadata.turn_id}`;
    const turn = turns.get(name) ?? { counted: 0, met: new Set() };
    turns.set(name, turn);
    turn.counted = metadata.num_candidates ?? 0;
    turn.met.add(`${metadata.chosen_index}\n${lineage.chosen_uuid}`);
    turn.met.add(`${metadata.rejected_index}\n${lineage.rejected_uuid}`);
  }
  return [...turns.values()].map(({ counted, met }) => counted || met.size);
}

function rewardOf(group: Group): ReportSample['curriculum'][number] {
  const rewards = group.trajectories.map(({ reward }) => reward);
  return {
    example_id: shortId(group.example_id),
    pairs: rewards.length,
    // Divided first: the sum of two large rewards is past what a number holds.
    mean: rewards.reduce((sum, reward) => sum + reward / rewards.length, 0),
    least: rewards.reduce((a, b) => Math.min(a, b)),
    greatest: rewards.reduce((a, b) => Math.max(a, b)),
  };
}

const byCodeUnit = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

import type { CollectionRun } from '../../contract/collection-run.ts';
import type { RepetitionSum } from '../../contract/repetition-sum.ts';
import type { Request } from '../../contract/request.ts';
import { keepFinite, type RewardedPair, rewardOf } from '../../preferences/reward.ts';

/** Of a group, what is summed up. */
interface RewardedGroup {
  readonly exampleId: string;
  readonly turns: readonly (readonly RewardedPair[])[];
}

/**
 * Sums up the rewards of a shard by repetition. An example's id names its repetition (`X_rep1`) where there are several;
 * all else is one repetition.
 */
export function sumRepetitions({ source, builder }: Pick<Request, 'source' | 'builder'>) {
  const repetitions = countRepetitions(source);
  const sums = new Map<number, RepetitionSum>();
  return {
    addGroup({ exampleId, turns }: RewardedGroup): void {
      const repetition = repetitions === 1 ? 0 : Number(/_rep(\d+)$/.exec(exampleId)?.[1]);
      if (!(repetition < repetitions)) return;
      let sum = sums.get(repetition);
      for (const pair of turns.flat()) {
        const reward = rewardOf(pair, builder);
        sum = addSums(sum, { repetition, pairs: 1, total: reward, min: reward, max: reward });
      }
      if (sum) sums.set(repetition, sum);
    },
    /** By repetition, those without a pair left out. */
    sums: (): RepetitionSum[] => [...sums.values()].sort((a, b) => a.repetition - b.repetition),
  };
}

/** NAT's record of each repetition, in order, from the sums of all shards. */
export function mergeRepetitions(
  { source }: Pick<Request, 'source'>,
  shards: Iterable<readonly RepetitionSum[]>,
): CollectionRun[] {
  const sums = new Map<number, RepetitionSum>();
  for (const shard of shards) for (const sum of shard) sums.set(sum.repetition, addSums(sums.get(sum.repetition), sum));
  return Array.from({ length: countRepetitions(source) }, (_, repetition) =>
    recordRepetition(repetition, sums.get(repetition)),
  );
}

const countRepetitions = (source: Request['source']): number => ('workflow' in source ? source.workflow.reps : 1);

const addSums = (sum: RepetitionSum | undefined, more: RepetitionSum): RepetitionSum =>
  sum === undefined
    ? more
    : {
        repetition: sum.repetition,
        pairs: sum.pairs + more.pairs,
        total: keepFinite(sum.total + more.total),
        min: Math.min(sum.min, more.min),
        max: Math.max(sum.max, more.max),
      };

const recordRepetition = (run_number: number, sum: RepetitionSum | undefined): CollectionRun => ({
  run_number,
  num_trajectories: sum?.pairs ?? 0,
  // A trajectory is one pair.
  num_dpo_pairs: sum?.pairs ?? 0,
  avg_reward: sum ? sum.total / sum.pairs : 0,
  min_reward: sum?.min ?? 0,
  max_reward: sum?.max ?? 0,
});

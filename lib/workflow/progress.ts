/** NAT's record of one collection run; rewards in the score's own unit. */
export interface RunProgress {
  /** Repetition, from 0. */
  readonly run_number: number;
  readonly num_trajectories: number;
  readonly num_dpo_pairs: number;
  /** 0 where there is no trajectory, as are the two below. */
  readonly avg_reward: number;
  readonly min_reward: number;
  readonly max_reward: number;
}

/** What each repetition yielded, in order. A repetition is told by its examples' ids (`X_rep1`) where `reps` > 1. */
export async function progressOf(
  trajectories: AsyncIterable<{ readonly example_id: string; readonly reward: number }>,
  reps: number,
): Promise<RunProgress[]> {
  const sums = Array.from({ length: reps }, () => ({ pairs: 0, total: 0, min: Infinity, max: -Infinity }));
  for await (const { example_id, reward } of trajectories) {
    const sum = sums[reps === 1 ? 0 : Number(/_rep(\d+)$/.exec(example_id)?.[1])];
    if (!sum) continue;
    sum.pairs += 1;
    sum.total += reward;
    sum.min = Math.min(sum.min, reward);
    sum.max = Math.max(sum.max, reward);
  }
  return sums.map(({ pairs, total, min, max }, run_number) => ({
    run_number,
    num_trajectories: pairs,
    // A trajectory is one pair.
    num_dpo_pairs: pairs,
    avg_reward: pairs === 0 ? 0 : total / pairs,
    min_reward: pairs === 0 ? 0 : min,
    max_reward: pairs === 0 ? 0 : max,
  }));
}

import * as z from 'zod';

/**
 * NAT's record of one collection run: what one repetition of a workflow's dataset yielded, or the traces that were
 * there. Rewards are in the score's own unit, and 0 where there is no trajectory.
 */
export const CollectionRun = z.object({
  /** Repetition, from 0. */
  run_number: z.int().min(0),
  num_trajectories: z.int().min(0),
  num_dpo_pairs: z.int().min(0),
  avg_reward: z.number(),
  min_reward: z.number(),
  max_reward: z.number(),
});
export type CollectionRun = z.infer<typeof CollectionRun>;

import * as z from 'zod';
import { Unit } from './unit.ts';

/** How candidates become preference pairs. The names, defaults and checks are NAT's `dpo_traj_builder`'s, then ours. */
export const BuilderSettings = z.strictObject({
  /** The `payload.name` of the TTC steps that are candidates. */
  ttc_step_name: z.string().min(1).default('dpo_candidate_move'),
  /** `false`: only the best answer of a turn against its worst. */
  exhaustive_pairs: z.boolean().default(true),
  /** Least margin. `strict` allows a relative error of 1e-9. */
  min_score_diff: z.number().min(0).default(0),
  /** Keeps the pairs with the widest margins. */
  max_pairs_per_turn: z.int().min(1).nullable().default(null),
  /** `false`: the reward is the chosen score, not the difference. */
  reward_from_score_diff: z.boolean().default(true),
  /** Counts turns with one candidate as `skipped_single_candidate`. */
  require_multiple_candidates: z.boolean().default(true),
  /** `nat`: what NAT's own builder makes. */
  compatibility: z.enum(['strict', 'nat']).default('strict'),
  /** The part of a conversation that makes a pair. Left out: the format's default. */
  unit: Unit.optional(),
  /** Leaves out answers that a length limit cut short. */
  drop_truncated: z.boolean().default(false),
});
export type BuilderSettings = z.infer<typeof BuilderSettings>;

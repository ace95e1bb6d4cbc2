import * as z from 'zod';
import { Unit } from './unit.ts';

/** How candidates become preference pairs. The names, defaults and checks are NAT's `dpo_traj_builder`'s, then ours. */
export const BuilderSettings = z.strictObject({
  /** Which TTC steps are candidates: their `payload.name`. */
  ttc_step_name: z.string().min(1).default('dpo_candidate_move'),
  /** Every pair of a turn, or only its best against its worst. */
  exhaustive_pairs: z.boolean().default(true),
  /**
   * Least `chosen.score - rejected.score`, in the score's own unit. In `strict` scores are compared with a relative tolerance
   * of 1e-9 (of the larger score): closer ones are equal, and a margin may miss the least by as much. `nat` compares exactly.
   */
  min_score_diff: z.number().min(0).default(0),
  /** Keep the pairs with the widest margins only; null keeps all. Exhaustive pairs only, as in NAT. */
  max_pairs_per_turn: z.int().min(1).nullable().default(null),
  /** A trajectory's reward: the score difference, or else the chosen score. */
  reward_from_score_diff: z.boolean().default(true),
  /** Count turns with one candidate as `skipped_single_candidate`. */
  require_multiple_candidates: z.boolean().default(true),
  /** `strict`: what a careful person would train on. `nat`: what NAT's builder makes, to the last bit. */
  compatibility: z.enum(['strict', 'nat']).default('strict'),
  /**
   * What a pair is made of, where answers are conversations: a single answer (`turn`), the last one (`final`), the first
   * message in which conversations differ (`divergence`), or all that follows the prompt (`trajectory`). Left out: the
   * source format's default.
   */
  unit: Unit.optional(),
  /** Leaves answers out that were cut short by a limit of their length. */
  drop_truncated: z.boolean().default(false),
});
export type BuilderSettings = z.infer<typeof BuilderSettings>;

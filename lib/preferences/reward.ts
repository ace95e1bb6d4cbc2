import type { BuilderSettings } from '../contract/builder.ts';

/** What the reward of a trajectory is made of: its preference pair's margin, or the chosen score. */
export interface RewardedPair {
  readonly chosen: { readonly score: number };
  readonly margin: number;
}

export const rewardOf = (
  { chosen, margin }: RewardedPair,
  { reward_from_score_diff }: Pick<BuilderSettings, 'reward_from_score_diff'>,
): number => (reward_from_score_diff ? margin : chosen.score);

/** Finite numbers can add up to more than a number holds, and JSON has no infinity. */
export const keepFinite = (sum: number): number => Math.max(-Number.MAX_VALUE, Math.min(sum, Number.MAX_VALUE));

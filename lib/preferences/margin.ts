import type { BuilderSettings } from '../contract/builder.ts';
import { keepFinite } from './reward.ts';

interface Scored {
  readonly score: number;
}

/** Two finite scores can lie further apart than a double reaches: then it is infinite. */
export const distance = (chosen: Scored, rejected: Scored): number => chosen.score - rejected.score;

/** JSON has no infinity. */
export const marginOf = (chosen: Scored, rejected: Scored): number => keepFinite(distance(chosen, rejected));

/*
 * Both grow with the distance: of candidates in the order of their scores, those that tie with one, and those too close
 * to it, are next to it.
 */

export const isTie = (chosen: Scored, rejected: Scored, settings: BuilderSettings): boolean =>
  settings.compatibility === 'strict' && marginOf(chosen, rejected) <= noiseOf(chosen, rejected, settings);

export const isTooClose = (chosen: Scored, rejected: Scored, settings: BuilderSettings): boolean =>
  marginOf(chosen, rejected) + noiseOf(chosen, rejected, settings) < settings.min_score_diff;

/**
 * What two scores differ by without a difference: 0.1 + 0.2 is not 0.3, and 0.3 - 0.2 is less than 0.1. A double holds 16
 * digits; sums and means of scores keep nine of them. NAT compares to the last bit.
 */
const noiseOf = ({ score: one }: Scored, { score: other }: Scored, { compatibility }: BuilderSettings): number =>
  compatibility === 'strict' ? TOLERANCE * Math.max(Math.abs(one), Math.abs(other)) : 0;

/** Relative to the larger of the two scores. */
const TOLERANCE = 1e-9;

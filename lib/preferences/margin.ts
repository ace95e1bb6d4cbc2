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

export const isTie = (chosen: Scored, rejected: Scored, { compatibility }: BuilderSettings): boolean =>
  compatibility === 'strict' && marginOf(chosen, rejected) === 0;

export const isTooClose = (chosen: Scored, rejected: Scored, { min_score_diff }: BuilderSettings): boolean =>
  marginOf(chosen, rejected) < min_score_diff;

import * as z from 'zod';
import { keepFinite } from '../preferences/reward.ts';
import type { ReportSample } from './input.ts';
import { roundedMean } from './rounded-mean.ts';

/** Turns of an example that have a row each. The last row counts all later turns, too. */
export const MOST_TURNS = 30;

const count = z.int().min(0);

export const TurnSums = z.strictObject({
  pairs: count,
  margin_sum: z.number(),
  chosen_longer: count,
  rejected_longer: count,
});
type TurnSums = z.infer<typeof TurnSums>;

/** Pairs by the place of their turn among those of its example that gave a pair, the first one first. */
export const TurnSample = z.array(TurnSums).max(MOST_TURNS);
export type TurnSample = z.infer<typeof TurnSample>;

export function openTurnSample() {
  const turns: TurnSums[] = [];
  const add = (place: number, more: TurnSums): void => {
    const at = Math.min(place, MOST_TURNS - 1);
    while (turns.length <= at) turns.push({ pairs: 0, margin_sum: 0, chosen_longer: 0, rejected_longer: 0 });
    const sums = turns[at];
    if (!sums) return;
    sums.pairs += more.pairs;
    sums.margin_sum = keepFinite(sums.margin_sum + more.margin_sum);
    sums.chosen_longer += more.chosen_longer;
    sums.rejected_longer += more.rejected_longer;
  };
  return {
    add(place: number, { margin, chosen, rejected }: { margin: number; chosen: number; rejected: number }): void {
      const [chosen_longer, rejected_longer] = [chosen > rejected ? 1 : 0, chosen < rejected ? 1 : 0];
      add(place, { pairs: 1, margin_sum: margin, chosen_longer, rejected_longer });
    },
    addKept(kept: TurnSample): void {
      for (const [place, sums] of kept.entries()) add(place, sums);
    },
    kept: (): TurnSample => turns,
  };
}

export const reportTurns = (sample: TurnSample): ReportSample['turns'] =>
  sample.map(({ pairs, margin_sum, ...longer }, place) => ({
    ...{ turn: place + 1, pairs, ...longer },
    mean_margin: roundedMean(margin_sum, pairs),
  }));

import type { ChoiceFacts } from '../contract/choice-facts.ts';
import { MOST_LEFT_OUT_PAIRS } from '../contract/choice-facts.ts';
import type { DropReason, LeftOutReason } from '../contract/dataset-result.ts';
import type { PairTable } from './pair-table.ts';

export type LeftOutPairs = ChoiceFacts['left_out_pairs'];

/**
 * Gathers a few pairs of each reason why pairs are left out of the datasets, for the report: the first ones in the
 * collection's order, each of another group.
 */
export function openLeftOutPairs({ groupOf }: Pick<PairTable, 'groupOf'>) {
  const noted: LeftOutPairs = {};
  return {
    note(reason: DropReason | LeftOutReason | undefined, pair: number): void {
      if (reason === undefined) return;
      const pairs = noted[reason] ?? [];
      noted[reason] = pairs;
      if (pairs.length === MOST_LEFT_OUT_PAIRS) return;
      if (pairs.every((other) => groupOf.at(other) !== groupOf.at(pair))) pairs.push(pair);
    },
    noted: (): LeftOutPairs => noted,
  };
}

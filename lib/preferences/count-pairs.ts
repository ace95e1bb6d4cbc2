import type { BuilderSettings } from '../contract/builder.ts';
import type { Counters } from '../contract/counters.ts';
import { firstWhere } from './first-where.ts';
import { isTie, isTooClose } from './margin.ts';
import type { RankedTurn } from './ranked-turn.ts';

/** What becomes of a turn's possible pairs, each counted under the first reason that skips it. */
export interface PairCounts
  extends Pick<
    Counters,
    'possible_pairs' | 'skipped_prompt_mismatch' | 'skipped_identical' | 'skipped_tie' | 'skipped_score_diff'
  > {
  /** Pairs that nothing skips. */
  readonly pairs: number;
  /** By candidate: the first candidate that is neither a tie nor too close. From there on only answers are compared. */
  readonly from: readonly number[];
}

/** Counts without making a pair: the work grows as the candidates do (times their logarithm), and pairs as their square. */
export function countPairs(turn: RankedTurn, settings: BuilderSettings): PairCounts {
  const { candidates, begins, ends } = turn;
  const counts = {
    possible_pairs: choose2(candidates.length),
    ...{ skipped_prompt_mismatch: 0, skipped_identical: 0, skipped_tie: 0, skipped_score_diff: 0 },
  };
  const alike = sameAnswers(turn);
  const from: number[] = [];
  let comparable = 0;
  for (const [at, chosen] of candidates.entries()) {
    const end = ends[at] ?? 0;
    if (begins[at] === at) comparable += choose2(end - at);
    const isPast = (skips: typeof isTie) => (below: number) => {
      const rejected = candidates[below];
      return rejected !== undefined && !skips(chosen, rejected, settings);
    };
    const untied = firstWhere(at + 1, end, isPast(isTie));
    const far = firstWhere(untied, end, isPast(isTooClose));
    const [tied, close] = [alike(at, untied), alike(at, far)];
    counts.skipped_identical += alike(at, end);
    counts.skipped_tie += untied - at - 1 - tied;
    counts.skipped_score_diff += far - untied - (close - tied);
    from.push(far);
  }
  counts.skipped_prompt_mismatch = counts.possible_pairs - comparable;
  const skipped = counts.skipped_identical + counts.skipped_tie + counts.skipped_score_diff;
  return { ...counts, pairs: comparable - skipped, from };
}

const choose2 = (many: number): number => (many * (many - 1)) / 2;

/** Counts the candidates behind one, before an end, that have its answer. */
function sameAnswers({ answers }: RankedTurn): (at: number, end: number) => number {
  const places: number[][] = [];
  const before = answers.map((answer, at) => {
    const together = places[answer] ?? [];
    places[answer] = together;
    return together.push(at);
  });
  if (places.length === answers.length) return () => 0;
  return (at, end) => {
    const together = places[answers[at] ?? 0] ?? [];
    const number = before[at] ?? 0;
    return firstWhere(number, together.length, (one) => (together[one] ?? end) >= end) - number;
  };
}

import * as z from 'zod';

const count = z.int().min(0);
/** Losses by reason. A reason is one of ours, never text from a trace. */
const byReason = z.record(z.string(), count);

/**
 * NAT's counters, then ours. They reconcile:
 * every matching step is a candidate or a rejected candidate, every possible pair is emitted or skipped for one
 * reason, every trace item is read or a rejected item.
 */
export const Counters = z.strictObject({
  /** Groups with at least one trajectory, as NAT counts them. */
  total_examples: count,
  total_turns: count,
  total_candidates: count,
  total_pairs: count,
  total_trajectories: count,
  skipped_single_candidate: count,
  skipped_score_diff: count,
  skipped_prompt_mismatch: count,
  skipped_identical: count,
  skipped_tie: count,
  skipped_pair_limit: count,
  /** Trace items met, the rejected ones included. */
  total_items: count,
  /** Readable items in which no step was a candidate. */
  items_without_candidates: count,
  /** Steps that are TTC_END and bear the step name: candidates and rejected candidates. */
  matching_steps: count,
  /** Pairs that the turns' sizes allow. */
  possible_pairs: count,
  rejected_candidates: byReason,
  rejected_items: byReason,
  /** Bytes of trace items read, uncompressed. */
  bytes: count,
});
export type Counters = z.infer<typeof Counters>;

const LISTS = ['rejected_candidates', 'rejected_items'] as const;
const COUNTS = Counters.omit({ rejected_candidates: true, rejected_items: true }).keyof().options;

const noReasons = () => ({ rejected_candidates: {}, rejected_items: {} });
const NO_COUNTS = Counters.parse({ ...Object.fromEntries(COUNTS.map((name) => [name, 0])), ...noReasons() });

export const noCounts = (): Counters => ({ ...NO_COUNTS, ...noReasons() });

/** Adds `more` to `sum` in place. */
export function addCounts(sum: Counters, more: Counters): void {
  for (const name of COUNTS) sum[name] += more[name];
  for (const list of LISTS) {
    for (const [reason, lost] of Object.entries(more[list])) sum[list][reason] = (sum[list][reason] ?? 0) + lost;
  }
}

export const sumOfReasons = (reasons: Readonly<Record<string, number>>): number =>
  Object.values(reasons).reduce((sum, lost) => sum + lost, 0);

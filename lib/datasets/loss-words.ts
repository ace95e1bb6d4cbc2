import type { Counters } from '../contract/counters.ts';
import type { DropReason } from '../contract/dataset-result.ts';

/** Why possible pairs were not made, as the terminal and the report say it. */
export const PAIR_LOSSES: readonly (readonly [counter: keyof Counters & `skipped_${string}`, why: string])[] = [
  ['skipped_tie', 'equal scores'],
  ['skipped_identical', 'the same answer on both sides'],
  ['skipped_score_diff', 'scores closer than builder.min_score_diff'],
  ['skipped_prompt_mismatch', 'different prompts within a turn'],
  ['skipped_pair_limit', 'past builder.max_pairs_per_turn'],
];

/** Why collected pairs are in no dataset. */
export const DROP_WORDS: Readonly<Record<DropReason, { readonly name: string; readonly why: string }>> = {
  duplicate: { name: 'duplicates', why: 'the same prompt and answers as an earlier pair' },
  contradiction: { name: 'contradictions', why: 'preferred both ways' },
  not_sampled: { name: 'not sampled', why: 'past dataset.max_pairs' },
  leak: { name: 'leaks', why: 'drawn for validation, and the prompt is in training' },
};

/** A format's reason, or a source's, in words. */
export const reasonInWords = (reason: string): string => reason.replaceAll('_', ' ');

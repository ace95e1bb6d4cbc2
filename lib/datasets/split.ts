import type { Ledger, ViewLedger } from './ledger.ts';

/** Where a pair goes: bits, because NAT copies the only pair of a dataset to both sides. */
export const TRAINING = 1;
export const VALIDATION = 2;

export interface Split {
  /** By pair: 0 where it is on no side. */
  readonly sides: Uint8Array;
  /** Pairs dropped from validation because their prompt stands in training. */
  readonly leaking: number;
}

/**
 * By example: validation is the `round(fraction × examples)` roots with the smallest seeded digests, at least one where
 * there are two or more (and none where the fraction is 0). A validation pair whose prompt also stands in training is
 * dropped.
 */
export function splitByExample(ledger: Ledger, pairs: ViewLedger, kept: Uint8Array, fraction: number): Split {
  const rootOf = (pair: number): number => ledger.rootOf.at(ledger.groupOf.at(pair));
  const present = new Uint8Array(ledger.roots.size);
  for (const [pair, keep] of kept.entries()) if (keep === 1) present[rootOf(pair)] = 1;

  const inValidation = new Uint8Array(ledger.roots.size);
  for (const root of validationRoots(ledger, present, fraction)) inValidation[root] = 1;

  const sides = new Uint8Array(kept.length);
  const trainingPrompts = new Uint8Array(pairs.prompts.size);
  for (const [pair, keep] of kept.entries()) {
    if (keep !== 1 || inValidation[rootOf(pair)] === 1) continue;
    sides[pair] = TRAINING;
    trainingPrompts[pairs.promptOf.at(pair)] = 1;
  }
  let leaking = 0;
  for (const [pair, keep] of kept.entries()) {
    if (keep !== 1 || inValidation[rootOf(pair)] !== 1) continue;
    if (trainingPrompts[pairs.promptOf.at(pair)] === 1) leaking++;
    else sides[pair] = VALIDATION;
  }
  return { sides, leaking };
}

/**
 * NAT's: the first `1 - fraction` of the pairs train and the rest validate, with at least one on each side; the only
 * pair of a dataset stands on both. Examples and prompts leak from one side to the other: the export warns of it.
 */
export function splitInOrder(kept: Uint8Array, fraction: number): Split {
  const sides = new Uint8Array(kept.length);
  const count = kept.reduce((sum, keep) => sum + keep, 0);
  const training = fraction === 0 ? count : Math.max(1, Math.trunc(count * (1 - fraction)));
  let place = 0;
  let last = -1;
  for (const [pair, keep] of kept.entries()) {
    if (keep !== 1) continue;
    sides[pair] = place++ < training ? TRAINING : VALIDATION;
    last = pair;
  }
  if (last >= 0 && fraction > 0) sides[last] = (sides[last] ?? 0) | VALIDATION;
  return { sides, leaking: 0 };
}

function validationRoots(ledger: Ledger, present: Uint8Array, fraction: number): readonly number[] {
  const roots = [...present.keys()].filter((root) => present[root] === 1);
  const wanted = Math.round(fraction * roots.length);
  const least = fraction > 0 && roots.length >= 2 ? 1 : 0;
  return roots.sort((a, b) => ledger.roots.compare(a, b)).slice(0, Math.max(wanted, least));
}

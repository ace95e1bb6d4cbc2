import { compareText } from '../compare-text.ts';
import { combineDigests } from '../preferences/digest.ts';
import { dropCode } from './decisions.ts';
import { type PairTable, promptOf, type ViewTable } from './pair-table.ts';
import { digestIn } from './word-table.ts';

const LEAK = dropCode('leak');

/** Where a pair goes: bits, because NAT copies the only pair of a dataset to both sides. */
export const TRAINING = 1;
export const VALIDATION = 2;

export interface Split {
  /** By pair: 0 where it is on no side. */
  readonly sides: Uint8Array;
  /** Pairs dropped from validation because their prompt is in training. */
  readonly leaking: number;
}

/**
 * By example: validation is the `round(fraction × examples)` roots with the smallest seeded digests, at least one where
 * there are two or more (and none where the fraction is 0). A validation pair whose prompt is also in training is dropped.
 * `dropped` has the codes of pairs that are out already, and gets those of leaks.
 */
export function splitByExample(
  table: PairTable,
  view: ViewTable,
  dropped: Uint8Array,
  { fraction, seed }: { readonly fraction: number; readonly seed: number },
): Split {
  const rootOf = (pair: number): number => table.rootOf.at(table.groupOf.at(pair));
  const present = new Uint8Array(table.roots.size);
  for (let pair = 0; pair < dropped.length; pair++) if (dropped[pair] === 0) present[rootOf(pair)] = 1;

  const inValidation = new Uint8Array(table.roots.size);
  for (const root of drawRoots(table, present, { fraction, seed })) inValidation[root] = 1;

  const sides = new Uint8Array(dropped.length);
  const trainingPrompts = new Uint8Array(view.prompts.size);
  for (let pair = 0; pair < dropped.length; pair++) {
    if (dropped[pair] !== 0 || inValidation[rootOf(pair)] === 1) continue;
    sides[pair] = TRAINING;
    trainingPrompts[promptOf(view, pair)] = 1;
  }
  let leaking = 0;
  for (let pair = 0; pair < dropped.length; pair++) {
    if (dropped[pair] !== 0 || inValidation[rootOf(pair)] !== 1) continue;
    if (trainingPrompts[promptOf(view, pair)] !== 1) {
      sides[pair] = VALIDATION;
      continue;
    }
    dropped[pair] = LEAK;
    leaking++;
  }
  return { sides, leaking };
}

/**
 * NAT's: the first `1 - fraction` of the pairs train and the rest validate, with at least one on each side; the only
 * pair of a dataset is on both. Examples and prompts leak from one side to the other: a warning says so.
 */
export function splitInOrder(dropped: Uint8Array, fraction: number): Split {
  const sides = new Uint8Array(dropped.length);
  const count = dropped.reduce((sum, code) => sum + (code === 0 ? 1 : 0), 0);
  const training = fraction === 0 ? count : Math.max(1, Math.trunc(count * (1 - fraction)));
  let place = 0;
  let last = -1;
  for (let pair = 0; pair < dropped.length; pair++) {
    if (dropped[pair] !== 0) continue;
    sides[pair] = place++ < training ? TRAINING : VALIDATION;
    last = pair;
  }
  if (last >= 0 && fraction > 0) sides[last] = (sides[last] ?? 0) | VALIDATION;
  return { sides, leaking: 0 };
}

/** By root: its digest with the seed. Their order is the split's random order. */
export const seedRoots = ({ roots }: PairTable, seed: number): readonly string[] =>
  Array.from({ length: roots.size }, (_, root) => combineDigests(seed, digestIn(roots, root)));

function drawRoots(
  table: PairTable,
  present: Uint8Array,
  { fraction, seed }: { readonly fraction: number; readonly seed: number },
): readonly number[] {
  const roots = [...present.keys()].filter((root) => present[root] === 1);
  const wanted = Math.round(fraction * roots.length);
  const least = fraction > 0 && roots.length >= 2 ? 1 : 0;
  const drawn = Math.max(wanted, least);
  if (drawn === 0) return [];
  const order = seedRoots(table, seed);
  return roots.sort((a, b) => compareText(order[a], order[b])).slice(0, drawn);
}

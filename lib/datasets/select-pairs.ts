import { compareText } from '../compare-text.ts';
import type { DatasetSettings } from '../contract/dataset.ts';
import type { View } from '../contract/dataset-result.ts';
import { combineDigests, NO_DIGEST } from '../preferences/digest.ts';
import { dropCode } from './decisions.ts';
import { chosenOf, earlier, type PairTable, promptOf, rejectedOf, toolsOf, type ViewTable } from './pair-table.ts';
import { splitByExample, splitInOrder } from './split-pairs.ts';
import { digestIn } from './word-table.ts';

export interface Selection {
  readonly view: View;
  /** By pair: `TRAINING`, `VALIDATION` (`split-pairs.ts`), or 0 where it is on no side. */
  readonly sides: Uint8Array;
  /** By pair: why it is on no side, by the code of its reason (`decisions.ts`); 0 where it is on one. */
  readonly dropped: Uint8Array;
  readonly duplicates: number;
  readonly contradictions: number;
  readonly sampledOut: number;
  readonly leaking: number;
}

export type SelectionSettings = Pick<
  DatasetSettings,
  'deduplicate_pairs' | 'max_pairs' | 'validation_fraction' | 'seed'
> & { readonly nat: boolean };

/**
 * Which pairs a dataset is made of: duplicates (of prompt, tools, chosen and rejected) but the first dropped, then pairs that
 * contradict each other, then all but a random `max_pairs`, then the split. The set does not depend on the order of
 * the groups: "first" is by trace object and place in it, "random" by seeded digest of the pair. With NAT's rules
 * the order of the collection counts, contradictions stay, and the split is NAT's.
 */
export function selectPairs(table: PairTable, view: View, settings: SelectionSettings): Selection {
  const { nat, seed, validation_fraction: fraction } = settings;
  const seen = viewIn(table, view);
  const dropped = new Uint8Array(table.pairs);
  const duplicates = settings.deduplicate_pairs ? dropDuplicates(table, seen, dropped, nat) : 0;
  const contradictions = nat ? 0 : dropContradictions(seen, dropped);
  const sampledOut = dropUnsampled(table, seen, dropped, { limit: settings.max_pairs ?? table.pairs, seed });
  const { sides, leaking } = nat
    ? splitInOrder(dropped, fraction)
    : splitByExample(table, seen, dropped, { fraction, seed });
  return { view, sides, dropped, duplicates, contradictions, sampledOut, leaking };
}

export function viewIn(table: PairTable, view: View): ViewTable {
  const found = table.views.get(view);
  if (!found) throw new Error(`The pair indexes were not read for the view ${view}.`);
  return found;
}

/** A content in one direction: what duplicates share. */
const directed = ({ contentOf, flipped }: ViewTable, pair: number): number => contentOf.at(pair) * 2 + flipped.at(pair);

const [DUPLICATE, CONTRADICTION, NOT_SAMPLED] = [
  dropCode('duplicate'),
  dropCode('contradiction'),
  dropCode('not_sampled'),
];

function dropDuplicates(table: PairTable, view: ViewTable, dropped: Uint8Array, inOrder: boolean): number {
  const first = new Int32Array(view.contents.size * 2).fill(-1);
  let count = 0;
  for (let pair = 0; pair < dropped.length; pair++) {
    const content = directed(view, pair);
    const before = first[content] ?? -1;
    if (before >= 0) {
      const later = inOrder || earlier(table, before, pair) < 0 ? pair : before;
      dropped[later] = DUPLICATE;
      count++;
      if (later === pair) continue;
    }
    first[content] = pair;
  }
  return count;
}

function dropContradictions(view: ViewTable, dropped: Uint8Array): number {
  const directions = new Uint8Array(view.contents.size);
  for (let pair = 0; pair < dropped.length; pair++) {
    const content = view.contentOf.at(pair);
    directions[content] = (directions[content] ?? 0) | (1 << view.flipped.at(pair));
  }
  let count = 0;
  for (let pair = 0; pair < dropped.length; pair++) {
    if (dropped[pair] !== 0 || directions[view.contentOf.at(pair)] !== 3) continue;
    dropped[pair] = CONTRADICTION;
    count++;
  }
  return count;
}

function dropUnsampled(
  table: PairTable,
  view: ViewTable,
  dropped: Uint8Array,
  { limit, seed }: { readonly limit: number; readonly seed: number },
): number {
  const left = keptOf(dropped);
  if (left.length <= limit) return 0;
  const draws = new Map(Array.from(left, (pair) => [pair, drawOf(table, view, pair, seed)]));
  const order = (a: number, b: number): number => compareText(draws.get(a), draws.get(b)) || earlier(table, a, b);
  const out = left.sort(order).subarray(limit);
  for (const pair of out) dropped[pair] = NOT_SAMPLED;
  return out.length;
}

/** The seeded digest of the pair, with its tools where there are any, its responses in the order of their digests, and then its direction. */
function drawOf(table: PairTable, view: ViewTable, pair: number, seed: number): string {
  const prompt = digestIn(view.prompts, promptOf(view, pair));
  const tools = digestIn(table.tools, toolsOf(view, pair));
  const asked = tools === NO_DIGEST ? [prompt] : [prompt, tools];
  const chosen = digestIn(table.responses, chosenOf(view, pair));
  const rejected = digestIn(table.responses, rejectedOf(view, pair));
  return chosen > rejected
    ? `${combineDigests(seed, ...asked, rejected, chosen)}1`
    : `${combineDigests(seed, ...asked, chosen, rejected)}0`;
}

/** The pairs that are not dropped. */
function keptOf(dropped: Uint8Array): Int32Array {
  const kept = new Int32Array(dropped.reduce((sum, code) => sum + (code === 0 ? 1 : 0), 0));
  let at = 0;
  for (let pair = 0; pair < dropped.length; pair++) if (dropped[pair] === 0) kept[at++] = pair;
  return kept;
}

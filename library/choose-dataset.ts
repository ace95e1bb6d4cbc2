import type { SelectionResult } from '../lib/contract/dataset-result.ts';
import { choosePairs } from '../lib/datasets/choose-pairs.ts';
import { TRAINING, VALIDATION } from '../lib/datasets/split-pairs.ts';
import { enterPairs } from './enter-pairs.ts';
import type { Pair } from './pair.ts';
import { requestFor, type Settings } from './settings.ts';

/** What was chosen of pairs: both sides of the split, and why the others are on neither. */
export interface Dataset {
  /** The pairs to train on, in the order in which they came. */
  readonly training: readonly Pair[];
  /** The pairs to validate with. With `strict` no example and no prompt of them is in training. */
  readonly validation: readonly Pair[];
  /** How many pairs were left out, by reason, and facts of both sides: lengths, margins, pairs of an example and of a turn. */
  readonly selection: SelectionResult;
  /** What a person should know before training: a side without pairs, a split that leaks. */
  readonly warnings: readonly string[];
  /** All pairs that were chosen among. */
  readonly pairs: readonly Pair[];
  /** The settings that it was chosen by. */
  readonly settings: Settings;
}

/**
 * Chooses a dataset among pairs as `settings.dataset` says: leaves out duplicates and contradictions, draws a sample, and
 * splits by example. The same pairs and settings give the same dataset.
 *
 * It holds all pairs, since each is compared with all others.
 *
 * Throws {@link InvalidRequest} for wrong settings, and for those of whole runs (`formats`, `gate`, …).
 *
 * @example
 * ```js
 * const dataset = await chooseDataset(pairs, { dataset: { validation_fraction: 0.1 } });
 * console.log(dataset.training.length, dataset.selection.duplicate_pairs);
 * ```
 */
export async function chooseDataset(
  pairs: AsyncIterable<Pair> | Iterable<Pair>,
  settings: Settings = {},
): Promise<Dataset> {
  const request = requestFor(settings);
  const all = await Array.fromAsync(pairs);
  const { table, plan } = await enterPairs(all, request);
  const [choice] = choosePairs(table, plan, request.dataset).views;
  if (!choice) throw new Error('Nothing was chosen.');
  const on = (side: number) => all.filter((_, pair) => (choice.side(pair) & side) !== 0);
  const { selection, warnings } = choice.outcome;
  return { training: on(TRAINING), validation: on(VALIDATION), selection, warnings, pairs: all, settings };
}

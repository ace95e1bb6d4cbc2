import type { DatasetSettings } from '../contract/dataset.ts';
import type { SelectionResult, View } from '../contract/dataset-result.ts';
import type { Trajectory } from '../contract/trajectory.ts';
import { scales } from './balance.ts';
import { bucketsOf } from './curriculum.ts';
import { leakGuard } from './leak-guard.ts';
import { type Ledger, promptDigest, rootDigest } from './ledger.ts';
import { keysOf, lengthOf, preferenceOf } from './preference.ts';
import { type Selection, select } from './selection.ts';
import { TRAINING, VALIDATION } from './split.ts';
import { emptySides, natLeaks } from './warnings.ts';

/** What was selected in one view, and what the second pass learns of it. */
export interface Chosen {
  readonly selection: Selection;
  /** Of a group's training pairs, 0 the easiest. */
  bucketOf(group: number): number;
  openGroup(exampleId: string): void;
  /** Guards and weighs the next pair of the open group, if it was selected. */
  weigh(pair: number, trajectory: Trajectory): void;
  closeGroup(): void;
  /** When all groups are closed. */
  result(): SelectionResult;
  warnings(): readonly string[];
}

export function choose(ledger: Ledger, view: View, settings: DatasetSettings, nat: boolean): Chosen {
  const selection = select(ledger, view, { ...settings, nat });
  const buckets = bucketsOf(ledger, selection, settings.curriculum?.buckets ?? 1);
  const examples = pairsByExample(ledger, selection);
  const guard = leakGuard(ledger, view);
  const balance = scales();
  for (const pairs of examples.all) if (pairs > 0) balance.example(pairs);
  const perTurn = new Map<string, number>();
  let exampleId = '';

  let told: SelectionResult | undefined;
  const result = (): SelectionResult => {
    told ??= tell();
    return told;
  };
  const tell = (): SelectionResult => ({
    collected_pairs: selection.sides.length,
    duplicate_pairs: selection.duplicates,
    contradictory_pairs: selection.contradictions,
    sampled_out_pairs: selection.sampledOut,
    leaking_validation_pairs: selection.leaking,
    training: sideOf(examples.training),
    validation: sideOf(examples.validation),
    balance: balance.facts(),
  });
  return {
    selection,
    bucketOf: (group) => buckets[group] ?? 0,
    openGroup(id) {
      exampleId = id;
      perTurn.clear();
    },
    weigh(pair, trajectory) {
      const side = selection.sides[pair] ?? 0;
      if (side === 0) return;
      const preference = preferenceOf(trajectory);
      const { turn_id, lineage, score_diff } = trajectory.metadata;
      if (!nat) {
        const prompt = promptDigest(keysOf(preference, view));
        guard.pass({ root: rootDigest(exampleId, settings.seed), prompt, side, example: exampleId });
      }
      balance.weigh({
        chosenLength: lengthOf(preference.chosen),
        rejectedLength: lengthOf(preference.rejected),
        margin: score_diff,
      });
      // Two rollouts of one example may use the same turn ids.
      const turn = `${lineage.offset} ${turn_id}`;
      perTurn.set(turn, (perTurn.get(turn) ?? 0) + 1);
    },
    closeGroup() {
      for (const pairs of perTurn.values()) balance.turn(pairs);
    },
    result,
    warnings: () => [
      ...emptySides(view, result(), settings.validation_fraction),
      ...(nat ? natLeaks(ledger, selection) : []),
    ],
  };
}

/** By root: its pairs on each side. */
function pairsByExample(ledger: Ledger, { sides }: Selection) {
  const [all, training, validation] = [0, 0, 0].map(() => new Int32Array(ledger.roots.size));
  const count = (pairs: Int32Array | undefined, root: number): void => {
    if (pairs) pairs[root] = (pairs[root] ?? 0) + 1;
  };
  for (const [pair, side] of sides.entries()) {
    const root = ledger.rootOf.at(ledger.groupOf.at(pair));
    if (side !== 0) count(all, root);
    if ((side & TRAINING) !== 0) count(training, root);
    if ((side & VALIDATION) !== 0) count(validation, root);
  }
  const none = new Int32Array(0);
  return { all: all ?? none, training: training ?? none, validation: validation ?? none };
}

const sideOf = (pairs: Int32Array) => ({
  pairs: pairs.reduce((sum, count) => sum + count, 0),
  examples: pairs.reduce((sum, count) => sum + (count > 0 ? 1 : 0), 0),
});

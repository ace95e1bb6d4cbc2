import type { DatasetSettings } from '../contract/dataset.ts';
import type { View, ViewOutcome } from '../contract/dataset-result.ts';
import { scales } from './balance.ts';
import { completionsOf } from './completions.ts';
import { bucketsOf } from './curriculum.ts';
import type { Decisions } from './decisions.ts';
import type { Digest } from './digest.ts';
import type { ExportPlan } from './export-plan.ts';
import { FORMATS } from './formats/index.ts';
import type { PairFacts } from './group-record.ts';
import { leakGuard } from './leak-guard.ts';
import type { Ledger } from './ledger.ts';
import { type Selection, select } from './selection.ts';
import { TRAINING, VALIDATION } from './split.ts';
import { emptySides, natLeaks } from './warnings.ts';

/** What was selected in one view, and what is learned of it when the pairs pass once more. */
export interface Choice extends Decisions {
  readonly view: View;
  /** All shapes of the pairs selected, together (`layout.ts`). */
  readonly shape: number;
  openGroup(group: { readonly root: Digest; readonly source: string }): void;
  /** Guards and weighs the next pair of the open group, if it was selected. */
  weigh(pair: number, facts: PairFacts, prompt: () => Digest): void;
  closeGroup(): void;
  /** When all groups are closed. */
  outcome(): ViewOutcome;
}

/** The choice in each of the plan's views. */
export const chooseAll = (ledger: Ledger, plan: ExportPlan, settings: DatasetSettings): readonly Choice[] =>
  plan.views.map((view) => choose(ledger, view, plan, settings));

function choose(ledger: Ledger, view: View, plan: ExportPlan, settings: DatasetSettings): Choice {
  const { nat } = plan;
  const selection = select(ledger, view, { ...settings, nat });
  const buckets = bucketsOf(ledger, selection, settings.curriculum?.buckets ?? 1);
  const unpaired = plan.formats.some((format) => format.view === view && FORMATS[format.name].unpaired);
  const completions = unpaired ? completionsOf(ledger, selection) : undefined;
  const examples = pairsByExample(ledger, selection);
  const guard = leakGuard(ledger, view);
  const balance = scales(selection.sides.reduce((count, side) => count + (side === 0 ? 0 : 1), 0));
  for (const pairs of examples.all) if (pairs > 0) balance.example(pairs);
  const perTurn = new Map<number, number>();
  let open: { readonly root: Digest; readonly source: string } | undefined;

  return {
    view,
    shape: selection.shape,
    side: (pair) => selection.sides[pair] ?? 0,
    fate: (pair, chosen) => completions?.fate(pair, chosen) ?? 'write',
    bucket: (group) => buckets[group] ?? 0,
    openGroup(group) {
      open = group;
      perTurn.clear();
    },
    weigh(pair, { offset, turn, margin, chosenLength, rejectedLength }, prompt) {
      const side = selection.sides[pair] ?? 0;
      if (side === 0 || !open) return;
      if (!nat) guard.pass({ root: open.root, prompt: prompt(), side, at: { key: open.source, offset } });
      balance.weigh({ chosenLength, rejectedLength, margin });
      perTurn.set(turn, (perTurn.get(turn) ?? 0) + 1);
    },
    closeGroup() {
      for (const pairs of perTurn.values()) balance.turn(pairs);
    },
    outcome() {
      const result = {
        collected_pairs: selection.sides.length,
        duplicate_pairs: selection.duplicates,
        contradictory_pairs: selection.contradictions,
        sampled_out_pairs: selection.sampledOut,
        leaking_validation_pairs: selection.leaking,
        training: sideOf(examples.training),
        validation: sideOf(examples.validation),
        balance: balance.facts(),
      };
      const warnings = [
        ...emptySides(view, result, settings.validation_fraction),
        ...(nat ? natLeaks(ledger, selection) : []),
      ];
      return { shape: selection.shape, selection: result, warnings };
    },
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

import type { DatasetSettings, FormatName } from '../contract/dataset.ts';
import {
  type FormatChoice,
  LeftOutReason,
  type SelectionResult,
  type View,
  type ViewOutcome,
} from '../contract/dataset-result.ts';
import { LeakingDataset } from '../errors.ts';
import { assignCompletions, type CompletionFate } from './assign-completions.ts';
import { longerChosenRate, scales } from './balance.ts';
import type { DatasetPlan } from './dataset-plan.ts';
import { type Decisions, dropReason } from './decisions.ts';
import { FORMATS } from './formats/index.ts';
import { type LeftOutPairs, openLeftOutPairs } from './left-out-pairs.ts';
import { opensTurn, shapeIn } from './pair-index.ts';
import { type PairTable, promptOf } from './pair-table.ts';
import { rankGroups } from './rank-groups.ts';
import { type Selection, selectPairs, viewIn } from './select-pairs.ts';
import { TRAINING, VALIDATION } from './split-pairs.ts';
import { emptySides, natLeaks } from './warnings.ts';

/** What was chosen in one view. */
export interface ViewChoice extends Decisions {
  readonly view: View;
  readonly outcome: ViewOutcome;
}

export interface DatasetChoice {
  /** In the order of the plan's views. */
  readonly views: readonly ViewChoice[];
  readonly formats: Partial<Record<FormatName, FormatChoice>>;
  /** A few pairs of each reason why some are left out. */
  readonly leftOut: LeftOutPairs;
}

/**
 * Decides for every pair of the table which side of each view it is on, and what each format writes of it. Pure: the same
 * entries and settings give the same choice. Throws {@link LeakingDataset} rather than let an example or a prompt be on
 * both sides.
 */
export function choosePairs(table: PairTable, plan: DatasetPlan, settings: DatasetSettings): DatasetChoice {
  const views = plan.views.map((view) => chooseInView(table, view, plan, settings));
  const leftOut = openLeftOutPairs(table);
  for (const { dropped } of views) {
    for (let pair = 0; pair < table.pairs; pair++) leftOut.note(dropped(pair), pair);
  }
  const formats: Partial<Record<FormatName, FormatChoice>> = {};
  for (const { name, view } of plan.formats) {
    const choice = views.find((one) => one.view === view);
    if (choice) formats[name] = chooseForFormat(table, name, choice, leftOut.note);
  }
  return { views, formats, leftOut: leftOut.noted() };
}

function chooseInView(table: PairTable, view: View, plan: DatasetPlan, settings: DatasetSettings): ViewChoice {
  const { nat, seed } = plan;
  const selection = selectPairs(table, view, { ...settings, nat });
  if (!nat) requireNoLeak(table, selection);
  const buckets = rankGroups(table, selection, { buckets: settings.curriculum?.buckets ?? 1, seed });
  const unpaired = plan.formats.some((format) => format.view === view && FORMATS[format.name].unpaired);
  const fate: CompletionFate = unpaired ? assignCompletions(table, selection) : () => 'write';
  const result = {
    collected_pairs: table.pairs,
    collected_length: compareLengths(table),
    duplicate_pairs: selection.duplicates,
    contradictory_pairs: selection.contradictions,
    sampled_out_pairs: selection.sampledOut,
    leaking_validation_pairs: selection.leaking,
    training: countSide(table, selection, TRAINING),
    validation: countSide(table, selection, VALIDATION),
    balance: weighSelection(table, selection),
  };
  const warnings = [
    ...emptySides(view, result, settings.validation_fraction),
    ...(nat ? natLeaks(table, selection) : []),
  ];
  return {
    view,
    side: (pair) => selection.sides[pair] ?? 0,
    dropped: (pair) => dropReason(selection.dropped[pair] ?? 0),
    bucket: (pair) => buckets[table.groupOf.at(pair)] ?? 0,
    fate,
    outcome: { shape: shapeOfAll(table, selection), selection: result, warnings },
  };
}

/** What a format writes of what was selected in its view: an unpaired one a line for each completion. */
function chooseForFormat(
  table: PairTable,
  name: FormatName,
  { view, side, fate }: ViewChoice,
  note: (reason: LeftOutReason, pair: number) => void,
): FormatChoice {
  const reasons = table.unheld.get(name);
  const leftOut: FormatChoice['left_out'] = {};
  const leave = (reason: LeftOutReason, pair: number): void => {
    leftOut[reason] = (leftOut[reason] ?? 0) + 1;
    note(reason, pair);
  };
  const examples = new Uint8Array(table.roots.size);
  const written = { pairs: 0, lines: 0, longerChosen: 0, longerRejected: 0 };
  for (let pair = 0; pair < table.pairs; pair++) {
    const sides = side(pair);
    if (sides === 0) continue;
    const reason = LeftOutReason.options[(reasons?.at(pair) ?? 0) - 1];
    if (reason !== undefined) {
      leave(reason, pair);
      continue;
    }
    let lines = 1;
    if (FORMATS[name].unpaired) {
      const fates = [fate(pair, true), fate(pair, false)];
      lines = fates.filter((one) => one === 'write').length;
      for (const one of fates) if (one !== 'write') leave(one, pair);
    }
    if (lines === 0) continue;
    // NAT's only pair is on both sides, and written to both.
    written.lines += sides === (TRAINING | VALIDATION) ? 2 * lines : lines;
    written.pairs += 1;
    examples[table.rootOf.at(table.groupOf.at(pair))] = 1;
    const [chosen, rejected] = [table.chosenLength.at(pair), table.rejectedLength.at(pair)];
    if (chosen > rejected) written.longerChosen += 1;
    if (chosen < rejected) written.longerRejected += 1;
  }
  return {
    view,
    pairs: written.pairs,
    lines: written.lines,
    examples: examples.reduce((sum, met) => sum + met, 0),
    longer_chosen_rate: longerChosenRate(written.longerChosen, written.longerRejected),
    left_out: inOrderOfReasons(leftOut),
  };
}

/** In the reasons' own order: which is met first depends on the collection's. */
const inOrderOfReasons = (leftOut: FormatChoice['left_out']): FormatChoice['left_out'] =>
  Object.fromEntries(
    LeftOutReason.options.flatMap((reason) => (leftOut[reason] === undefined ? [] : [[reason, leftOut[reason]]])),
  );

/** All shapes of the pairs selected, together (`layout.ts`). */
function shapeOfAll({ flags }: PairTable, { sides }: Selection): number {
  let shape = 0;
  for (let pair = 0; pair < sides.length; pair++) if (sides[pair] !== 0) shape |= shapeIn(flags.at(pair));
  return shape;
}

function countSide(table: PairTable, { sides }: Selection, side: number): { pairs: number; examples: number } {
  const met = new Uint8Array(table.roots.size);
  let pairs = 0;
  for (let pair = 0; pair < sides.length; pair++) {
    if (((sides[pair] ?? 0) & side) === 0) continue;
    pairs += 1;
    met[table.rootOf.at(table.groupOf.at(pair))] = 1;
  }
  return { pairs, examples: met.reduce((sum, one) => sum + one, 0) };
}

/** Of all pairs of the table: what choosing changes of it shows beside the same of the pairs selected. */
function compareLengths({ pairs, chosenLength, rejectedLength }: PairTable): SelectionResult['collected_length'] {
  if (pairs === 0) return null;
  const sums = { chosen: 0, rejected: 0, longerChosen: 0, longerRejected: 0 };
  for (let pair = 0; pair < pairs; pair++) {
    const [chosen, rejected] = [chosenLength.at(pair), rejectedLength.at(pair)];
    sums.chosen += chosen;
    sums.rejected += rejected;
    if (chosen > rejected) sums.longerChosen += 1;
    if (chosen < rejected) sums.longerRejected += 1;
  }
  return {
    mean_chosen: sums.chosen / pairs,
    mean_rejected: sums.rejected / pairs,
    longer_chosen_rate: longerChosenRate(sums.longerChosen, sums.longerRejected),
  };
}

function weighSelection(table: PairTable, { sides }: Selection) {
  const balance = scales(sides.reduce((count, side) => count + (side === 0 ? 0 : 1), 0));
  const perExample = new Int32Array(table.roots.size);
  let inTurn = 0;
  for (let pair = 0; pair < sides.length; pair++) {
    if (opensTurn(table.flags.at(pair)) && inTurn > 0) {
      balance.turn(inTurn);
      inTurn = 0;
    }
    if (sides[pair] === 0) continue;
    inTurn += 1;
    const root = table.rootOf.at(table.groupOf.at(pair));
    perExample[root] = (perExample[root] ?? 0) + 1;
    balance.weigh({
      chosenLength: table.chosenLength.at(pair),
      rejectedLength: table.rejectedLength.at(pair),
      margin: table.margin.at(pair),
    });
  }
  if (inTurn > 0) balance.turn(inTurn);
  for (const pairs of perExample) if (pairs > 0) balance.example(pairs);
  return balance.facts();
}

/** Looks at every pair once more, whatever the selection says of it. */
function requireNoLeak(table: PairTable, { view, sides }: Selection): void {
  const seen = viewIn(table, view);
  const sideOfRoot = new Uint8Array(table.roots.size);
  const sideOfPrompt = new Uint8Array(seen.prompts.size);
  for (let pair = 0; pair < sides.length; pair++) {
    const side = sides[pair] ?? 0;
    if (side === 0) continue;
    const group = table.groupOf.at(pair);
    const where = () =>
      `${table.sources[table.sourceOf.at(group)]}, byte or row ${table.offset.at(pair)}, view ${view}`;
    mark(sideOfRoot, table.rootOf.at(group), side, () => `The example itself (${where()})`);
    mark(sideOfPrompt, promptOf(seen, pair), side, () => `A prompt (${where()})`);
  }
}

function mark(sides: Uint8Array, index: number, side: number, what: () => string): void {
  const before = sides[index] ?? 0;
  if (before !== 0 && before !== side) {
    throw new LeakingDataset(
      `${what()} would be in training and in validation. Nothing is committed; please report it.`,
    );
  }
  sides[index] = side;
}

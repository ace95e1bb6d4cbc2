import { type Counters, sumOfReasons } from '../contract/counters.ts';
import type { SelectionAccount } from '../datasets/account-for-datasets.ts';
import { DROP_WORDS, PAIR_LOSSES, reasonInWords } from '../datasets/loss-words.ts';
import type { Branch, Stage } from './charts/flow.ts';

/** A stage of the ledger: what came in, what became of it, and how many of `total` no counter names. */
export type Account = Stage & {
  readonly title: string;
  /** Counted under two of the branches. */
  readonly onBoth?: number;
  readonly unaccounted: number;
};

/** Where every trace item, matching step and possible pair went. */
export function accounts(totals: Counters): { items: Account; steps: Account; pairs: Account } {
  return {
    items: account('Trace items', 'Trace items', totals.total_items, [
      {
        name: 'with candidates',
        count: Math.max(0, totals.total_items - totals.items_without_candidates - sumOfReasons(totals.rejected_items)),
        kept: true,
      },
      { name: 'without a candidate', count: totals.items_without_candidates, kept: false },
      ...reasons(totals.rejected_items),
    ]),
    steps: account('Candidate steps', 'Matching steps', totals.matching_steps, [
      { name: 'Candidates', count: totals.total_candidates, kept: true },
      ...reasons(totals.rejected_candidates),
    ]),
    pairs: account('Possible pairs', 'Possible pairs', totals.possible_pairs, [
      { name: COLLECTED, count: totals.total_pairs, kept: true },
      ...PAIR_LOSSES.map(([counter, name]) => ({ name, count: totals[counter], kept: false })),
    ]),
  };
}

/** Where the collected pairs went. `formats`: those that are written from this selection, where there are other ones. */
export function accountForSelection(selection: SelectionAccount, formats: readonly string[] = []): Account {
  const { collected, dropped, training, validation, onBoth, unaccounted } = selection;
  const of = formats.length === 0 ? '' : `, for ${formats.join(', ')}`;
  return {
    title: `Collected pairs${of}`,
    name: COLLECTED,
    total: collected,
    branches: [
      { name: 'Training', count: training, kept: true, link: '#side=training' },
      { name: 'Validation', count: validation, kept: true, link: '#side=validation' },
      ...dropped.map(({ reason, pairs }) => ({
        name: `${DROP_WORDS[reason].name}: ${DROP_WORDS[reason].why}`,
        short: DROP_WORDS[reason].name,
        count: pairs,
        kept: false,
        link: `#reason=${reason}`,
      })),
    ],
    onBoth,
    unaccounted: -unaccounted,
  };
}

/** The name that joins two stages of the flow: what the first one keeps, the second one divides. */
const COLLECTED = 'Collected pairs';

/** The stages of the flow from steps to the sides of a dataset, where there is one. */
export function flowStages(totals: Counters, selection: SelectionAccount | undefined): Stage[] {
  const { steps, pairs } = accounts(totals);
  const alone = totals.skipped_single_candidate;
  const competing: Stage = {
    name: 'Candidates',
    total: totals.total_candidates,
    branches: [
      { name: 'Competing', count: totals.total_candidates - alone, kept: true },
      { name: 'alone in their turn', count: alone, kept: false },
    ],
  };
  return [
    steps,
    ...(alone > 0 && alone <= totals.total_candidates ? [competing] : []),
    pairs,
    ...(selection ? [accountForSelection(selection)] : []),
  ];
}

function account(title: string, name: string, total: number, branches: readonly Branch[]): Account {
  const unaccounted = total - branches.reduce((sum, branch) => sum + branch.count, 0);
  const rest = unaccounted > 0 ? [{ name: 'unaccounted for', count: unaccounted, kept: false }] : [];
  return { title, name, total, branches: [...branches, ...rest], unaccounted };
}

/** The commonest reasons by name, the rest together. */
function reasons(byReason: Readonly<Record<string, number>>): Branch[] {
  const sorted = Object.entries(byReason).sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1));
  const rest = sorted.slice(8).reduce((sum, [, lost]) => sum + lost, 0);
  return [
    ...sorted.slice(0, 8).map(([reason, lost]) => ({ name: reasonInWords(reason), count: lost, kept: false })),
    ...(rest > 0 ? [{ name: 'other reasons', count: rest, kept: false }] : []),
  ];
}

import type { View } from '../contract/dataset-result.ts';
import { bytes, type Column, doubles, integers } from './columns.ts';
import { type DigestTable, digestTable } from './digest.ts';
import type { ExportPlan } from './export-plan.ts';
import type { GroupRecord, PairDigests } from './group-record.ts';

/**
 * The records of a collection's groups: a fixed number of bytes for each pair, group, example and distinct prompt, and
 * the names of the trace objects. Pairs and groups are numbered as they come.
 */
export interface Ledger {
  readonly views: ReadonlyMap<View, ViewLedger>;
  /** By pair: its group, and the byte at which its trace item begins. */
  readonly groupOf: Column;
  readonly offset: Column;
  /** By pair: what its messages are like (`layout.ts`). */
  readonly shape: Column;
  /** By group: its example's root, its trace object, and the mean reward of its trajectories. */
  readonly rootOf: Column;
  readonly sourceOf: Column;
  readonly meanReward: Column;
  /** The examples' roots. */
  readonly roots: DigestTable;
  /** Keys of the trace objects, in order of first appearance. */
  readonly sources: readonly string[];
  /** Trace items with at least one pair. */
  readonly items: number;
  /** Bytes held, text excepted: there is none but the trace objects' keys. */
  readonly bytes: number;
}

/** Pairs compared in one view: see {@link PairDigests}. */
export interface ViewLedger {
  readonly prompts: DigestTable;
  readonly contents: DigestTable;
  /** By pair. */
  readonly promptOf: Column;
  readonly contentOf: Column;
  readonly flipped: Column;
  /** Empty where no format of the run is unpaired, as the next two are. */
  readonly completions: DigestTable;
  /** By pair. */
  readonly chosenOf: Column;
  readonly rejectedOf: Column;
}

/** Of a collection, what takes memory while pairs are chosen. */
export interface ChosenAmong {
  readonly pairs: number;
  /** Each has a prompt of its own. */
  readonly turns: number;
  readonly examples: number;
}

/**
 * Bytes that choosing takes at its peak. Measured of millions of pairs, twelve to an example: with three to a turn 110 a
 * pair for one view, 195 for two, 365 for two with completions; with one to a turn 200 for one view.
 */
export const bytesToChoose = (
  { views, unpaired }: Pick<ExportPlan, 'views' | 'unpaired'>,
  { pairs, turns, examples }: ChosenAmong,
): number =>
  pairs * (20 + views.length * (unpaired ? 130 : 45)) + Math.min(turns, pairs) * views.length * 120 + examples * 100;

/** `views`: in the order in which the records have their pairs' digests. Memory is taken for so many pairs at once. */
export async function readLedger(
  records: AsyncIterable<GroupRecord>,
  { views: names }: Pick<ExportPlan, 'views'>,
  expected: number,
): Promise<Ledger> {
  const views = names.map(() => emptyViewLedger(expected));
  const ledger = { groupOf: integers(expected), offset: doubles(expected), shape: bytes(expected), ...emptyGroups() };
  const roots = digestTable();
  const sources = new Map<string, number>();
  let items = 0;

  for await (const { root, source, meanReward, pairs } of records) {
    const number = ledger.rootOf.length;
    const offsets = new Set<number>();
    for (const { offset, shape, digests } of pairs) {
      offsets.add(offset);
      ledger.groupOf.push(number);
      ledger.offset.push(offset);
      ledger.shape.push(shape);
      for (const [at, view] of views.entries()) remember(view, digests[at]);
    }
    items += offsets.size;
    ledger.rootOf.push(roots.add(root));
    ledger.sourceOf.push(numberOf(sources, source));
    ledger.meanReward.push(meanReward);
  }
  const held = [...Object.values(ledger), ...views.flatMap((view) => Object.values(view)), roots];
  return {
    ...ledger,
    views: new Map(names.map((name, at) => [name, views[at] ?? emptyViewLedger(0)])),
    roots,
    sources: [...sources.keys()],
    items,
    bytes: bytesOf(held),
  };
}

/** The first of two pairs: by trace object (code units of its key), by place in it, by place in the group. */
export function earlier(ledger: Ledger, a: number, b: number): number {
  const groups = [ledger.groupOf.at(a), ledger.groupOf.at(b)] as const;
  return compareGroups(ledger, ...groups) || ledger.offset.at(a) - ledger.offset.at(b) || a - b;
}

export function compareGroups(ledger: Ledger, a: number, b: number): number {
  const [left, right] = [a, b].map((group) => ledger.sources[ledger.sourceOf.at(group)] ?? '');
  if (left === right || left === undefined || right === undefined) return 0;
  return left < right ? -1 : 1;
}

function remember(view: ViewLedger, digests: PairDigests | undefined): void {
  if (!digests) throw new Error('A record has not all the views that the ledger is read for.');
  const { prompt, content, flipped, completions } = digests;
  view.promptOf.push(view.prompts.add(prompt));
  view.contentOf.push(view.contents.add(content));
  view.flipped.push(flipped ? 1 : 0);
  if (!completions) return;
  view.chosenOf.push(view.completions.add(completions.chosen));
  view.rejectedOf.push(view.completions.add(completions.rejected));
}

const emptyGroups = () => ({ rootOf: integers(), sourceOf: integers(), meanReward: doubles() });

/** Few contents repeat, but a turn's pairs have one prompt, and most formats do without completions. */
const emptyViewLedger = (expected: number): ViewLedger => ({
  prompts: digestTable(),
  contents: digestTable(expected),
  completions: digestTable(),
  promptOf: integers(expected),
  contentOf: integers(expected),
  chosenOf: integers(),
  rejectedOf: integers(),
  flipped: bytes(expected),
});

function numberOf(numbers: Map<string, number>, key: string): number {
  const known = numbers.get(key);
  if (known !== undefined) return known;
  numbers.set(key, numbers.size);
  return numbers.size - 1;
}

const bytesOf = (held: readonly (Column | DigestTable)[]): number =>
  held.reduce((sum, each) => sum + ('bytes' in each ? each.bytes : each.length * each.width), 0);

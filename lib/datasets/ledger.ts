import type { View } from '../contract/dataset-result.ts';
import type { Group, Trajectory } from '../contract/trajectory.ts';
import { bytes, type Column, doubles, integers } from './columns.ts';
import { compareDigests, type DigestTable, digest, digestOf, digestTable } from './digest.ts';
import { rootOf } from './example.ts';
import { shapeOf } from './layout.ts';
import { type Keys, keysOf, preferenceOf, rawKeysOf } from './preference.ts';

/**
 * What the first pass remembers of the collection: numbers and digests, a fixed number of bytes for each pair, group,
 * example and distinct prompt, and the names of the trace objects. Pairs and groups are numbered as they come.
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
  /** The examples' roots. Their digests are seeded: their order is the split's random order. */
  readonly roots: DigestTable;
  /** Keys of the trace objects, in order of first appearance. */
  readonly sources: readonly string[];
  /** Trace items with at least one pair. */
  readonly items: number;
  /** Bytes held, text excepted: there is none but the trace objects' keys. */
  readonly bytes: number;
}

/** Pairs compared in one view. */
export interface ViewLedger {
  readonly prompts: DigestTable;
  /** (prompt, both responses in the order of their digests); seeded: their order is the sample's random order. */
  readonly contents: DigestTable;
  /** By pair. */
  readonly promptOf: Column;
  readonly contentOf: Column;
  /** By pair: 1 where the chosen response's digest is the larger one. A content with both is a contradiction. */
  readonly flipped: Column;
  /** (prompt, response): what an unpaired format writes. Empty where no format of the run does, as the next two are. */
  readonly completions: DigestTable;
  /** By pair. */
  readonly chosenOf: Column;
  readonly rejectedOf: Column;
}

export interface LedgerOptions {
  readonly views: readonly View[];
  readonly seed: number;
  /** Compare pairs as NAT does, as they stand in the collection. */
  readonly raw: boolean;
  /** Remember completions too, for a format that writes them apart. */
  readonly unpaired: boolean;
}

export async function readLedger(groups: AsyncIterable<Group>, options: LedgerOptions): Promise<Ledger> {
  const views = new Map(options.views.map((view) => [view, emptyViewLedger()]));
  const ledger = { groupOf: integers(), offset: doubles(), shape: bytes(), ...emptyGroups() };
  const roots = digestTable();
  const sources = new Map<string, number>();
  let items = 0;

  for await (const group of groups) {
    const number = ledger.rootOf.length;
    const offsets = new Set<number>();
    let rewards = 0;
    for (const trajectory of group.trajectories) {
      const { offset } = trajectory.metadata.lineage;
      offsets.add(offset);
      rewards += trajectory.reward;
      ledger.groupOf.push(number);
      ledger.offset.push(offset);
      ledger.shape.push(shapeOf(preferenceOf(trajectory)));
      for (const [view, columns] of views) record(columns, digestsOf(trajectory, view, options), options.unpaired);
    }
    items += offsets.size;
    ledger.rootOf.push(roots.add(rootDigest(group.example_id, options.seed)));
    ledger.sourceOf.push(numberOf(sources, group.trajectories[0]?.metadata.lineage.key ?? ''));
    ledger.meanReward.push(group.trajectories.length === 0 ? 0 : rewards / group.trajectories.length);
  }
  const held = [...Object.values(ledger), ...[...views.values()].flatMap((view) => Object.values(view)), roots];
  return { ...ledger, views, roots, sources: [...sources.keys()], items, bytes: bytesOf(held) };
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

export const rootDigest = (exampleId: string, seed: number) => digestOf(seed, digest(rootOf(exampleId)));

export const promptDigest = ({ prompt }: Pick<Keys, 'prompt'>) => digest(prompt);

/** The digests of one pair in one view. */
function digestsOf(trajectory: Trajectory, view: View, { raw, seed }: Pick<LedgerOptions, 'raw' | 'seed'>) {
  const keys = raw ? rawKeysOf(trajectory) : keysOf(preferenceOf(trajectory), view);
  const prompt = promptDigest(keys);
  const chosen = digest(keys.chosen);
  const rejected = digest(keys.rejected);
  const flipped = compareDigests(chosen, rejected) > 0;
  const [low, high] = flipped ? [rejected, chosen] : [chosen, rejected];
  return {
    prompt,
    content: digestOf(seed, prompt, low, high),
    chosen: () => digestOf(seed, prompt, chosen),
    rejected: () => digestOf(seed, prompt, rejected),
    flipped,
  };
}

function record(view: ViewLedger, digests: ReturnType<typeof digestsOf>, unpaired: boolean): void {
  view.promptOf.push(view.prompts.add(digests.prompt));
  view.contentOf.push(view.contents.add(digests.content));
  view.flipped.push(digests.flipped ? 1 : 0);
  if (!unpaired) return;
  view.chosenOf.push(view.completions.add(digests.chosen()));
  view.rejectedOf.push(view.completions.add(digests.rejected()));
}

const emptyGroups = () => ({ rootOf: integers(), sourceOf: integers(), meanReward: doubles() });

const emptyViewLedger = (): ViewLedger => ({
  prompts: digestTable(),
  contents: digestTable(),
  completions: digestTable(),
  promptOf: integers(),
  contentOf: integers(),
  chosenOf: integers(),
  rejectedOf: integers(),
  flipped: bytes(),
});

function numberOf(numbers: Map<string, number>, key: string): number {
  const known = numbers.get(key);
  if (known !== undefined) return known;
  numbers.set(key, numbers.size);
  return numbers.size - 1;
}

const bytesOf = (held: readonly (Column | DigestTable)[]): number =>
  held.reduce((sum, each) => sum + ('bytes' in each ? each.bytes : each.length * each.width), 0);

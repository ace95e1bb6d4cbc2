import type { BuilderSettings } from '../contract/builder.ts';
import { addCounts, type Counters, noCounts } from '../contract/counters.ts';
import type { IndexedItem } from '../contract/item-index.ts';
import { fromUtf8 } from '../objects/utf8.ts';
import { buildExample } from '../preferences/example.ts';
import { GROUP_CLOSING, groupOpening } from '../preferences/group-text.ts';
import type { TraceItem } from '../sources/formats/nat/trace-item.ts';

/** An indexed item, and the shard it was built in. */
export interface BuiltItem extends IndexedItem {
  readonly ordinal: number;
}

/** Bytes `start` to before `end` of a shard's collection, or a text of our own. */
export type Piece =
  | { readonly ordinal: number; readonly start: number; readonly end: number }
  | { readonly text: string };

/** What becomes of one trace object's groups where ids repeat. */
export interface MergedGroups {
  readonly pieces: readonly Piece[];
  /** Items whose lines are in no file any more: a later item of the same id took their place. */
  readonly replaced: readonly BuiltItem[];
  /** What the run's totals gain, and what they lose. */
  readonly added: Counters;
  readonly removed: Counters;
}

/** Every rollout of an example is kept: one group, at the first one's place, their trajectories one after the other. */
export function mergeStrict(runId: string, items: readonly BuiltItem[]): MergedGroups {
  const removed = noCounts();
  const pieces: Piece[] = [];
  for (const rollouts of inGroups(items, ({ example_id }) => example_id)) {
    const withPairs = rollouts.filter(({ collection }) => collection.bytes > 0);
    const [first] = withPairs;
    if (!first) continue;
    if (withPairs.length === 1) {
      pieces.push(lineOf(first));
      continue;
    }
    const opening = groupOpening(runId, first.example_id);
    const closing = `${GROUP_CLOSING}\n`;
    for (const [number, item] of withPairs.entries()) {
      const { ordinal, start, end } = lineOf(item);
      pieces.push({ text: number === 0 ? opening : ',' });
      pieces.push({ ordinal, start: start + Buffer.byteLength(opening), end: end - closing.length });
    }
    pieces.push({ text: closing });
    removed.total_examples += withPairs.length - 1;
  }
  return { pieces, replaced: [], added: noCounts(), removed };
}

/**
 * NAT's rules 1, 7 and 10: of the items with one id the last stays, at the first one's place and under the first one's
 * text; items whose ids are different but read alike (1 and "1") share their turns, and are paired anew for that.
 */
export async function mergeNat(
  runId: string,
  key: string,
  items: readonly BuiltItem[],
  settings: BuilderSettings,
  reread: (offsets: ReadonlySet<number>) => Promise<ReadonlyMap<number, TraceItem>>,
): Promise<MergedGroups> {
  const removed = noCounts();
  const replaced: BuiltItem[] = [];
  const survivors: Survivor[] = [];
  for (const [place, same] of [...inGroups(items, ({ id_key }) => id_key)].entries()) {
    const [first, last] = [same[0], same.at(-1)];
    if (!first || !last) continue;
    survivors.push({ place, item: last, exampleId: first.example_id });
    for (const item of same.slice(0, -1)) {
      replaced.push(item);
      addCounts(removed, item.counters);
    }
  }
  const groups = [...inGroups(survivors, ({ exampleId }) => exampleId)];
  const isAnew = (group: readonly Survivor[]): boolean =>
    group.length > 1 || group[0]?.item.example_id !== group[0]?.exampleId;
  const anew = groups.filter(isAnew);
  const added = noCounts();
  const placed: { place: number; piece: Piece }[] = groups
    .filter((group) => !isAnew(group))
    .flatMap((group) => group.map(({ place, item }) => ({ place, piece: lineOf(item) })))
    .filter(({ piece }) => piece.end > piece.start);
  const offsets = new Set(anew.flatMap((group) => group.map(({ item }) => item.offset)));
  const again = offsets.size > 0 ? await reread(offsets) : new Map<number, TraceItem>();
  for (const group of anew) {
    for (const { item } of group) addCounts(removed, item.counters);
    const [first] = group;
    if (!first) continue;
    const rollouts = group.flatMap(({ item: { offset } }) => {
      const item = again.get(offset);
      return item ? [{ offset, item }] : [];
    });
    const built = buildExample({ runId, key, exampleId: first.exampleId }, rollouts, settings);
    if (!built) continue;
    addCounts(added, built.counters);
    const begins = group.find(({ item }) => item.offset === built.firstTurnOffset);
    if (built.hasPairs)
      placed.push({ place: (begins ?? first).place, piece: { text: `${[...built.line].map(fromUtf8).join('')}\n` } });
  }
  placed.sort((a, b) => a.place - b.place);
  return { pieces: placed.map(({ piece }) => piece), replaced, added, removed };
}

interface Survivor {
  /** Where its id appears first. */
  readonly place: number;
  readonly item: BuiltItem;
  /** Its id as it was first written. */
  readonly exampleId: string;
}

const lineOf = ({ ordinal, collection: { start, bytes } }: BuiltItem) => ({ ordinal, start, end: start + bytes });

/** In order of first appearance. */
function inGroups<T>(all: readonly T[], key: (one: T) => string): Iterable<readonly T[]> {
  return Map.groupBy(all, key).values();
}

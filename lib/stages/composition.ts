import type { BuilderSettings } from '../contract/builder.ts';
import { addCounts, type Counters, noCounts } from '../contract/counters.ts';
import { IndexedItem } from '../contract/item-index.ts';
import type { Shard, Slice } from '../contract/plan.ts';
import type { Summary } from '../contract/summary.ts';
import type { Rejected } from '../contract/trajectory.ts';
import { crc32 } from '../objects/checksum.ts';
import { runKeys } from '../objects/keys.ts';
import { type ObjectStore, readAll } from '../objects/store.ts';
import { readLines } from '../objects/stored-json.ts';
import type { TraceItem } from '../sources/formats/nat/trace-item.ts';
import type { Part } from './compose-parts.ts';
import type { Deps } from './deps.ts';
import { each } from './each.ts';
import { anyRepeats } from './id-digest.ts';
import { type BuiltItem, type MergedGroups, mergeNat, mergeStrict, type Piece } from './merged-pieces.ts';
import { sliceItems } from './slice-items.ts';

/** What the run's files are composed of, in order, and what the run counts. */
export interface Composition {
  readonly collection: readonly Part[];
  readonly rejected: readonly Part[];
  readonly rejectedLines: number;
  readonly totals: Counters;
}

export interface BuiltShard {
  readonly shard: Shard;
  readonly summary: Summary;
}

/**
 * The shards' own files, where no id repeats within a trace object: nearly always. Where one does, the files of the
 * shards concerned are written anew, and only then does memory hold more than the shards' sizes: the index of that
 * object.
 */
export async function compositionOf(
  runId: string,
  built: readonly BuiltShard[],
  settings: BuilderSettings,
  deps: Deps,
): Promise<Composition> {
  const totals = noCounts();
  const collection: Part[] = [];
  const rejected: Part[] = [];
  let rejectedLines = 0;
  for (const { summary } of built) {
    addCounts(totals, summary.counters);
    rejectedLines += summary.rejected.lines;
  }
  for (const unit of units(built)) {
    if (await idsRepeat(runId, unit, deps)) {
      const merged = await mergeUnit(runId, unit, settings, deps);
      collection.push(merged.collection);
      rejected.push(merged.rejected);
      rejectedLines += merged.moreRejectedLines;
      addCounts(totals, merged.added);
      addCounts(totals, merged.removed, -1);
      continue;
    }
    for (const { shard, summary } of unit) {
      const keys = runKeys(runId).shard(shard.ordinal);
      collection.push({ key: keys.collection, ...summary.collection });
      rejected.push({ key: keys.rejected, bytes: summary.rejected.bytes, crc32: summary.rejected.crc32 });
    }
  }
  return { collection, rejected, rejectedLines, totals };
}

/** Shards whose items can bear one id: those of one cut object together, every other for itself. */
function* units(built: readonly BuiltShard[]): Generator<readonly BuiltShard[]> {
  let unit: BuiltShard[] = [];
  for (const one of built) {
    const before = unit.at(-1);
    if (before && (cutObject(one) === undefined || cutObject(one) !== cutObject(before))) {
      yield unit;
      unit = [];
    }
    unit.push(one);
  }
  if (unit.length > 0) yield unit;
}

const cutObject = ({ shard: { slices } }: BuiltShard): string | undefined =>
  slices[0]?.cut ? objectOf(slices[0]) : undefined;

const objectOf = ({ bucket, key }: Slice): string => JSON.stringify([bucket, key]);

async function idsRepeat(runId: string, unit: readonly BuiltShard[], deps: Deps): Promise<boolean> {
  if (unit.some(({ summary }) => summary.repeats)) return true;
  if (unit.length === 1) return false;
  // 32 small requests at a time keep a store busy without being throttled.
  const packed = await each(unit, 32, ({ shard }) =>
    readAll(deps.collections, runKeys(runId).shard(shard.ordinal).ids),
  );
  return anyRepeats(packed);
}

async function mergeUnit(runId: string, unit: readonly BuiltShard[], settings: BuilderSettings, deps: Deps) {
  const [first] = unit;
  const keys = runKeys(runId).shard(first?.shard.ordinal ?? 0);
  const added = noCounts();
  const removed = noCounts();
  const pieces: Piece[] = [];
  const replaced = new Map<string, string>();
  for (const object of await objectsOf(runId, unit, deps)) {
    const merged = await mergeObject(runId, object, settings, deps);
    for (const piece of merged.pieces) pieces.push(piece);
    addCounts(added, merged.added);
    addCounts(removed, merged.removed);
    for (const item of merged.replaced) {
      replaced.set(itemName(item), `${JSON.stringify(replacedLine(runId, object.key, item))}\n`);
      added.rejected_items.replaced_by_later_item = (added.rejected_items.replaced_by_later_item ?? 0) + 1;
    }
  }
  const lost = Object.values(removed.rejected_candidates).reduce((sum, lines) => sum + lines, 0);
  const regained = Object.values(added.rejected_candidates).reduce((sum, lines) => sum + lines, 0);
  const shardCollection = (ordinal: number): string => runKeys(runId).shard(ordinal).collection;
  return {
    added,
    removed,
    moreRejectedLines: replaced.size + regained - lost,
    collection: await rewrite(
      deps.collections,
      keys.mergedCollection,
      piecesText(deps.collections, pieces, shardCollection),
    ),
    rejected: await rewrite(deps.collections, keys.mergedRejected, rejectedText(runId, unit, replaced, deps)),
  };
}

interface ObjectItems {
  readonly key: string;
  readonly slices: Slice[];
  readonly items: BuiltItem[];
}

/** The unit's indexed items, object by object, in order. */
async function objectsOf(runId: string, unit: readonly BuiltShard[], deps: Deps): Promise<readonly ObjectItems[]> {
  const objects = new Map<string, ObjectItems>();
  for (const { shard } of unit) {
    const here = shard.slices.map((slice) => {
      const object = objects.get(objectOf(slice)) ?? { key: slice.key, slices: [], items: [] };
      objects.set(objectOf(slice), object);
      object.slices.push(slice);
      return object;
    });
    const { index } = runKeys(runId).shard(shard.ordinal);
    for await (const item of readLines(deps.collections, index, IndexedItem)) {
      here[item.slice]?.items.push({ ...item, ordinal: shard.ordinal });
    }
  }
  return [...objects.values()];
}

async function mergeObject(
  runId: string,
  { key, slices, items }: ObjectItems,
  settings: BuilderSettings,
  deps: Deps,
): Promise<MergedGroups> {
  if (settings.compatibility === 'strict') return mergeStrict(runId, items);
  return mergeNat(runId, key, items, settings, async (offsets) => {
    const again = new Map<number, TraceItem>();
    for (const slice of slices) {
      for await (const span of sliceItems(runId, slice, settings.ttc_step_name, deps)) {
        if ('item' in span && offsets.has(span.offset)) again.set(span.offset, span.item);
      }
    }
    return again;
  });
}

async function* piecesText(
  store: ObjectStore,
  pieces: readonly Piece[],
  shardCollection: (ordinal: number) => string,
): AsyncGenerator<Uint8Array> {
  for (const piece of pieces) {
    if ('text' in piece) yield Buffer.from(piece.text);
    else yield* store.read(shardCollection(piece.ordinal), { start: piece.start, end: piece.end });
  }
}

/** The shards' rejected lines, with one line in the place of what each replaced item lost. */
async function* rejectedText(
  runId: string,
  unit: readonly BuiltShard[],
  replaced: ReadonlyMap<string, string>,
  deps: Deps,
): AsyncGenerator<Uint8Array> {
  for (const { shard } of unit) {
    const keys = runKeys(runId).shard(shard.ordinal);
    let at = 0;
    if (replaced.size > 0) {
      for await (const item of readLines(deps.collections, keys.index, IndexedItem)) {
        const line = replaced.get(itemName({ ...item, ordinal: shard.ordinal }));
        if (line === undefined) continue;
        yield* deps.collections.read(keys.rejected, { start: at, end: item.rejected.start });
        yield Buffer.from(line);
        at = item.rejected.start + item.rejected.bytes;
      }
    }
    yield* deps.collections.read(keys.rejected, { start: at });
  }
}

const itemName = ({ ordinal, slice, offset }: BuiltItem): string => `${ordinal} ${slice} ${offset}`;

const replacedLine = (runId: string, key: string, { offset, example_id }: BuiltItem): Rejected => ({
  run_id: runId,
  kind: 'item',
  reason: 'replaced_by_later_item',
  detail: 'a later item of this file has the same id, and NAT keeps the last',
  key,
  offset,
  example_id,
  turn_id: null,
  candidate_uuid: null,
});

async function rewrite(store: ObjectStore, key: string, bytes: AsyncIterable<Uint8Array>): Promise<Part> {
  const written = await store.write(key, bytes);
  return { key, ...(written === 'exists' ? { bytes: 0, crc32: crc32(new Uint8Array()) } : written) };
}

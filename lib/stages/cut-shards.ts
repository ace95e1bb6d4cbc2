import type { Shard, Slice, TraceObject } from '../contract/plan.ts';
import { CorruptObject } from '../errors.ts';
import { readAll } from '../objects/store.ts';
import { arrayCuts } from '../sources/containers/array.ts';
import { HEAD_BYTES, sniff } from '../sources/containers/sniff.ts';
import { type Deps, storeOf } from './deps.ts';
import { ahead } from './each.ts';

/**
 * Cuts the objects into shards of about `shardBytes`, in order: JSON lines by fixed ranges, without reading them; an
 * array behind elements, by one scan; what can't be cut (gzip, anything unreadable) and what is small enough as it is,
 * several to a shard. Goes on behind the shard `last`, where one is given, with the shards that would have come next.
 */
export async function* cutShards(
  objects: readonly TraceObject[],
  shardBytes: number,
  deps: Deps,
  last?: Shard,
): AsyncGenerator<Shard> {
  const from = last ? behind(last, objects) : { object: 0, byte: 0 };
  let ordinal = last ? last.ordinal + 1 : 0;
  let packed: Slice[] = [];
  let bytes = 0;
  let planBytes = 0;
  const pack = (): Shard => {
    const shard = { ordinal: ordinal++, slices: packed };
    packed = [];
    bytes = 0;
    planBytes = 0;
    return shard;
  };
  const left = objects.slice(from.object);
  const formIfLarge = async (object: TraceObject) => (object.bytes > shardBytes ? formOf(object, deps) : undefined);
  for await (const [object, form] of ahead(left, LOOKS_AHEAD, formIfLarge)) {
    if (form === 'lines' || form === 'array') {
      if (packed.length > 0) yield pack();
      const begin = object === left[0] ? from.byte : 0;
      const cuts =
        form === 'lines' ? lineCuts(object.bytes, shardBytes, begin) : cutsOfArray(object, shardBytes, begin, deps);
      for await (const [start, end] of ranges(cuts, begin, object.bytes)) {
        yield { ordinal: ordinal++, slices: [slice(object, form, start, end)] };
      }
      continue;
    }
    const whole = slice(object, null, 0, object.bytes);
    const size = JSON.stringify(whole).length;
    if (packed.length > 0 && (bytes + object.bytes > shardBytes || planBytes + size > MAX_SHARD_TEXT)) yield pack();
    packed.push(whole);
    bytes += object.bytes;
    planBytes += size;
  }
  if (packed.length > 0) yield pack();
}

/** A map's item may have 256 KiB (Step Functions), of which keys in the plan's JSON text take a quarter at most. */
const MAX_SHARD_TEXT = 65_536;

/** Large objects are looked at before their turn: one after the other, 100,000 of them would take most of an hour. */
const LOOKS_AHEAD = 64;

/** Where the shard ends: the object, by its place among them, and the byte that come next. */
function behind(shard: Shard, objects: readonly TraceObject[]): { readonly object: number; readonly byte: number } {
  const end = shard.slices.at(-1);
  const object = objects.findIndex(({ bucket, key }) => bucket === end?.bucket && key === end.key);
  if (!end || object === -1) {
    throw new CorruptObject(
      `Shard ${shard.ordinal} ends in ${end?.key}, which is not among the traces that were pinned; start the run under another run id.`,
    );
  }
  return end.end < end.object_bytes ? { object, byte: end.end } : { object: object + 1, byte: 0 };
}

const formOf = async (object: TraceObject, deps: Deps): Promise<'lines' | 'array' | undefined> => {
  const store = storeOf(object.bucket, deps);
  const form = sniff(await readAll(store, object.key, { pin: object, end: HEAD_BYTES }));
  return form === 'lines' || form === 'array' ? form : undefined;
};

function* lineCuts(bytes: number, every: number, begin: number): Generator<number> {
  for (let at = begin + every; at < bytes; at += every) yield at;
}

const cutsOfArray = (object: TraceObject, every: number, begin: number, deps: Deps): AsyncGenerator<number> =>
  arrayCuts(storeOf(object.bucket, deps).read(object.key, { pin: object, start: begin }), every, begin);

async function* ranges(
  cuts: AsyncIterable<number> | Iterable<number>,
  begin: number,
  bytes: number,
): AsyncGenerator<readonly [number, number]> {
  let start = begin;
  for await (const cut of cuts) {
    // An array that never closes can end right behind an element.
    if (cut >= bytes) break;
    yield [start, cut];
    start = cut;
  }
  yield [start, bytes];
}

const slice = (object: TraceObject, cut: Slice['cut'], start: number, end: number): Slice => ({
  bucket: object.bucket,
  key: object.key,
  ...(object.version === undefined ? {} : { version: object.version }),
  etag: object.etag,
  object_bytes: object.bytes,
  cut,
  start,
  end,
});

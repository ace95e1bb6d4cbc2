import type { BuilderSettings } from '../contract/builder.ts';
import type { Shard, Slice, TraceObject } from '../contract/plan.ts';
import { readAll } from '../objects/store.ts';
import { HEAD_BYTES, sniff } from '../sources/containers/sniff.ts';
import { type Deps, storeOf } from './deps.ts';
import { ahead } from './each.ts';
import { type Piece, packShards } from './pack-shards.ts';
import { pinObject } from './pin-object.ts';

export interface Cutting {
  readonly shardBytes: number;
  /** False: each object stays whole. */
  readonly cut: boolean;
}

/**
 * Cuts the objects into shards of about `shardBytes`, in order. Reads only the first bytes of large objects: JSON lines,
 * and arrays whose elements begin lines with the same indentation, are cut into fixed ranges. All other objects (compact
 * arrays, gzip, anything unreadable) and small ones stay whole, several to a shard.
 */
export const cutShards = (objects: readonly TraceObject[], cutting: Cutting, deps: Deps): AsyncGenerator<Shard> =>
  packShards(cutObjects(objects, cutting, deps), cutting.shardBytes);

async function* cutObjects(
  objects: readonly TraceObject[],
  { shardBytes, cut }: Cutting,
  deps: Deps,
): AsyncGenerator<Piece> {
  const howIfLarge = async (object: TraceObject) =>
    cut && object.bytes > shardBytes ? howToCut(object, deps) : undefined;
  for await (const [object, how] of ahead(objects, LOOKS_AHEAD, howIfLarge)) {
    if (!how) {
      const whole: Slice = { ...pinObject(object), cut: null, start: 0, end: object.bytes };
      yield { slices: [whole], bytes: object.bytes, alone: false };
      continue;
    }
    for (let start = 0; start < object.bytes; start += shardBytes) {
      const end = Math.min(start + shardBytes, object.bytes);
      yield { slices: [{ ...pinObject(object), ...how, start, end }], bytes: end - start, alone: true };
    }
  }
}

/** In `nat` the last of several items with one id wins, wherever in the object they are: one task has to see them all. */
export const mayBeCut = ({ compatibility }: BuilderSettings): boolean => compatibility === 'strict';

/** Large objects are looked at before their turn: one after the other, 100,000 of them would take most of an hour. */
const LOOKS_AHEAD = 64;

type HowToCut = { readonly cut: 'lines' } | { readonly cut: 'array'; readonly indentation: string };

async function howToCut(object: TraceObject, deps: Deps): Promise<HowToCut | undefined> {
  const store = storeOf(object.bucket, deps);
  const form = sniff(await readAll(store, object.key, { pin: object, end: HEAD_BYTES }));
  if (form.kind === 'lines') return { cut: 'lines' };
  return form.kind === 'array' && form.indentation !== null
    ? { cut: 'array', indentation: form.indentation }
    : undefined;
}

import type { Shard, Slice } from '../contract/plan.ts';

/** Slices that one task reads together. */
export interface Piece {
  readonly slices: readonly Slice[];
  /** What of them the task reads. */
  readonly bytes: number;
  /** As large as a shard by itself: nothing is packed beside it. */
  readonly alone: boolean;
}

/** Packs the pieces into shards of about `shardBytes`, in order. */
export async function* packShards(
  pieces: AsyncIterable<Piece>,
  shardBytes: number,
  firstOrdinal = 0,
): AsyncGenerator<Shard> {
  let ordinal = firstOrdinal;
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
  for await (const piece of pieces) {
    const size = JSON.stringify(piece.slices).length;
    const isFull = piece.alone || bytes + piece.bytes > shardBytes || planBytes + size > MAX_SHARD_TEXT;
    if (packed.length > 0 && isFull) yield pack();
    packed.push(...piece.slices);
    bytes += piece.bytes;
    planBytes += size;
    if (piece.alone) yield pack();
  }
  if (packed.length > 0) yield pack();
}

/** A map's item may have 256 KiB (Step Functions), of which keys in the plan's JSON text take a quarter at most. */
const MAX_SHARD_TEXT = 65_536;

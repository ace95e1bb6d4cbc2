import type { ContainerSpan, PinnedObject } from '../../lib/sources/containers/container.ts';

/** An object in memory, given in chunks of one size, or in one. Each chunk is its own memory, as a store's are. */
export function pinnedBytes(bytes: Uint8Array, chunkBytes = Math.max(1, bytes.length)): PinnedObject {
  async function* open(start: number, end = bytes.length): AsyncGenerator<Uint8Array> {
    for (let at = start; at < end; at += chunkBytes) {
      yield Uint8Array.from(bytes.subarray(at, Math.min(at + chunkBytes, end)));
    }
  }
  return { key: 'object', bytes: bytes.length, open };
}

export const reasonsOf = (spans: readonly ContainerSpan<unknown>[]): string[] =>
  spans.flatMap((span) => ('rejected' in span ? [span.rejected.reason] : []));

export const itemsOf = (spans: readonly ContainerSpan<unknown>[]): unknown[] =>
  spans.flatMap((span) => ('item' in span ? [span.item] : []));

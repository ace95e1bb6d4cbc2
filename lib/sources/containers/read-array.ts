import type { ReadItem, Span } from '../record.ts';
import { readCompactArray } from './compact-array.ts';
import { readIndentedArray } from './indented-array.ts';

/** The elements of a whole array. `indentation` as the first bytes show it (see `sniff`). */
export function readArray<Item>(
  stream: AsyncIterable<Uint8Array>,
  indentation: string | null,
  read: ReadItem<Item>,
): AsyncGenerator<Span<Item>> {
  if (indentation === null) return readCompactArray(stream, read);
  return readIndentedArray(stream, { start: 0, end: Number.POSITIVE_INFINITY, indentation, cut: undefined }, read);
}

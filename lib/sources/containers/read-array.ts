import type { ReadItem, Span } from '../record.ts';
import { readElements, readMissing, scanFrom } from './array-elements.ts';
import { append, byteWindow } from './byte-window.ts';
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

/**
 * Reads an array whose lines do not show where elements begin; strings and brackets do. So a broken element is lost alone
 * if its brackets and quotes match: a wrong word, number or comma. After a bracket too few, the elements behind it are
 * lost up to where brackets match again, or up to the file's end. After a bracket too many, the element or the array ends
 * early, and the rest of the element is rejected in parts. After a quote too few or too many, strings and what is
 * between them change places up to the file's end. Nothing in such a file shows where the next element begins.
 */
async function* readCompactArray<Item>(
  stream: AsyncIterable<Uint8Array>,
  read: ReadItem<Item>,
): AsyncGenerator<Span<Item>> {
  const window = byteWindow(0);
  const scan = scanFrom(0, 'outside');
  for await (const chunk of stream) {
    append(window, chunk);
    yield* readElements(window, scan, read);
  }
  yield* readMissing(window, scan);
}

import type { ReadItem, Span } from '../record.ts';
import { readElements, readMissing, scanFrom } from './array-elements.ts';
import { append, byteWindow } from './byte-window.ts';

/**
 * Reads an array whose lines do not show where elements begin; strings and brackets do. So a broken element is lost alone
 * if its brackets and quotes match: a wrong word, number or comma. After a bracket too few, the elements behind it are
 * lost up to where brackets match again, or up to the file's end. After a bracket too many, the element or the array ends
 * early, and the rest of the element is rejected in parts. After a quote too few or too many, strings and what is
 * between them change places up to the file's end. Nothing in such a file shows where the next element begins.
 */
export async function* readCompactArray<Item>(
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

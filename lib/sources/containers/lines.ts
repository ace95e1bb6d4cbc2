import { isUnclosed } from '../json/json-strings.ts';
import { MAX_ITEM_BYTES, type ReadItem, type Span, tooLarge } from '../record.ts';
import { append, type ByteWindow, byteWindow } from './byte-window.ts';

/** `line`: the byte at which the item's line begins, white space and byte order mark included. Cuts go by it. */
export type LineSpan<Item> = Span<Item> & { readonly line: number };

/**
 * The items, of `most` bytes at most, of JSON lines whose line begins at or after `start` and before `end`. With `start`
 * > 0 the stream begins one byte earlier, at `start - 1`, so that a line that begins exactly at `start` is recognised.
 */
export async function* readLineItems<Item>(
  stream: AsyncIterable<Uint8Array>,
  range: { readonly start: number; readonly end: number },
  read: ReadItem<Item>,
  most = MAX_ITEM_BYTES,
): AsyncGenerator<LineSpan<Item>> {
  const window = byteWindow(Math.max(range.start - 1, 0));
  // Inside a line that is another slice's, or too large: no items until the next newline.
  let skipping = range.start > 0;
  let searched = 0;
  for await (const chunk of stream) {
    const held = window.to - window.from;
    append(window, chunk);
    searched = window.from + held;
    for (;;) {
      const newline = indexOfNewline(window, searched);
      if (newline === -1) break;
      if (!skipping) yield* lineItem(window, newline, read, most);
      skipping = false;
      window.from = newline + 1;
      searched = window.from;
      if (window.base + window.from >= range.end) return;
    }
    if (skipping) {
      window.from = window.to;
      if (window.base + window.from >= range.end) return;
    } else if (window.to - window.from > most) {
      yield { ...tooLarge(window.base + startOfLine(window, window.to)), line: window.base + window.from };
      skipping = true;
      window.from = window.to;
    }
  }
  if (!skipping) yield* lineItem(window, window.to, (bytes) => readLast(bytes, read), most);
}

/** The last line has no line end. A writer that was stopped leaves half of it. */
function readLast<Item>(bytes: Buffer, read: ReadItem<Item>): ReturnType<ReadItem<Item>> {
  const found = read(bytes);
  return 'rejected' in found && mayBeCut(found.rejected.reason) && isUnclosed(bytes.toString('latin1'))
    ? HALF_LINE
    : found;
}

/** A text that ends inside a character is no UTF-8. */
const mayBeCut = (reason: string): boolean => reason === 'invalid_json' || reason === 'invalid_utf8';

const HALF_LINE = {
  rejected: {
    reason: 'truncated',
    exampleId: null,
    detail: 'the file ends inside this line, as after a stopped writer',
  },
} as const;

function* lineItem<Item>(
  window: ByteWindow,
  newline: number,
  read: ReadItem<Item>,
  most: number,
): Generator<LineSpan<Item>> {
  const from = startOfLine(window, newline);
  let to = newline;
  while (to > from && isSpace(window.bytes[to - 1])) to--;
  if (to === from) return;
  const offset = window.base + from;
  const line = window.base + window.from;
  if (to - from > most) yield { ...tooLarge(offset), line };
  else yield { offset, bytes: to - from, line, ...read(window.bytes.subarray(from, to)) };
}

/** Past a byte order mark (concatenated files have them on any line) and white space. */
const startOfLine = ({ bytes, from }: ByteWindow, to: number): number => {
  // Past `to` the window's memory holds anything, a mark too.
  const marked = from + 3 <= to && bytes[from] === 0xef && bytes[from + 1] === 0xbb && bytes[from + 2] === 0xbf;
  let at = marked ? from + 3 : from;
  while (at < to && isSpace(bytes[at])) at++;
  return at;
};

const indexOfNewline = (window: ByteWindow, from: number): number => {
  const at = window.bytes.indexOf(0x0a, from);
  // Past `to` the window's own memory holds bytes of earlier chunks.
  return at < window.to ? at : -1;
};

const isSpace = (byte: number | undefined): boolean => byte === 0x20 || byte === 0x0d || byte === 0x09 || byte === 0x0a;

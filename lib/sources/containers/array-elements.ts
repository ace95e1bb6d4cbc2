import { type ItemReason, MAX_ITEM_BYTES, type ReadItem, reject, type Span, tooLarge } from '../record.ts';
import type { ByteWindow } from './byte-window.ts';
import { isWhite } from './find-text.ts';

/** The position in an array. Offsets are those of the stream. */
export interface ElementScan {
  /** `outside`: before "[" or after "]". `discarding`: in an element that is too large. `ended`: in text after the array. */
  mode: 'outside' | 'between' | 'inside' | 'discarding' | 'ended';
  /** The next byte to look at. The element, if `inside` one, begins at `window.from`. */
  at: number;
  depth: number;
  inString: boolean;
  /** In a string: a backslash before `at` escapes the byte at `at`. */
  escaped: boolean;
}

export const scanFrom = (at: number, mode: ElementScan['mode']): ElementScan => ({
  mode,
  at,
  depth: 0,
  inString: false,
  escaped: false,
});

/**
 * Reads the elements that end before `limit`. Strings and brackets show where they end; `read` judges what is inside. An
 * element that is open at `limit` goes on with the next call. A broken element takes along the bytes up to `lostUpTo`:
 * after a bracket too many its members would look like elements. Each byte is looked at once.
 */
export function* readElements<Item>(
  window: ByteWindow,
  scan: ElementScan,
  read: ReadItem<Item>,
  { limit = window.base + window.to, lostUpTo = 0 } = {},
): Generator<Span<Item>> {
  while (scan.at < limit) {
    if (scan.mode === 'between') {
      findElement(window, scan, limit);
    } else if (scan.mode === 'outside' || scan.mode === 'ended') {
      if (findsText(window, scan, limit)) yield losing('after_array_end', AFTER_END, scan.at);
    } else if (closes(window, scan, limit)) {
      const whole = scan.mode === 'inside';
      scan.mode = 'between';
      if (!whole) continue;
      const element = judgeElement(window, scan.at, read);
      if (lostUpTo > 0 && isBroken(element)) {
        scan.at = lostUpTo;
        yield { ...element, bytes: lostUpTo - element.offset };
      } else {
        yield element;
      }
    }
  }
  if (scan.mode === 'inside' && limit - window.base - window.from > MAX_ITEM_BYTES) {
    scan.mode = 'discarding';
    yield tooLarge(window.base + window.from);
  }
  if (scan.mode !== 'inside') window.from = scan.at - window.base;
}

export const isBroken = (span: Span<unknown>): boolean => 'rejected' in span && span.rejected.reason === 'invalid_json';

/** Reads the end of the stream: what is missing there. */
export function* readMissing(window: ByteWindow, { mode, at }: ElementScan): Generator<Span<never>> {
  if (mode === 'inside') {
    yield losing('truncated', 'the file ends inside this item', window.base + window.from, window.base + window.to);
  } else if (mode === 'between' || mode === 'discarding') {
    yield losing('truncated', 'the file ends before the array\'s closing "]"', at);
  }
}

/** The loss of a range of bytes. */
export const losing = (reason: ItemReason, detail: string, from: number, to = from): Span<never> => ({
  offset: from,
  bytes: to - from,
  ...reject(reason, detail),
});

/** The element from `window.from` to `end`, without white space at its end. */
export function judgeElement<Item>(window: ByteWindow, end: number, read: ReadItem<Item>): Span<Item> {
  const { bytes, from, base } = window;
  let to = end - base;
  while (to > from && isWhite(bytes[to - 1])) to--;
  if (to - from > MAX_ITEM_BYTES) return tooLarge(base + from);
  return { offset: base + from, bytes: to - from, ...read(bytes.subarray(from, to)) };
}

/** Passes white space and commas, up to the next element or behind the array's "]". */
function findElement(window: ByteWindow, scan: ElementScan, limit: number): void {
  const { bytes, base } = window;
  for (; scan.at < limit; scan.at++) {
    const byte = bytes[scan.at - base];
    if (isWhite(byte) || byte === COMMA) continue;
    if (byte === CLOSE_LIST) {
      scan.mode = 'outside';
      scan.at++;
    } else {
      Object.assign(scan, scanFrom(scan.at, 'inside'));
      window.from = scan.at - base;
    }
    return;
  }
}

/** Passes white space and byte order marks, up to behind "[" (joined files have one array after another). True: at other text. */
function findsText(window: ByteWindow, scan: ElementScan, limit: number): boolean {
  const { bytes, base } = window;
  for (; scan.mode === 'outside' && scan.at < limit; scan.at++) {
    const byte = bytes[scan.at - base];
    if (byte === OPEN_LIST) scan.mode = 'between';
    else if (!isWhite(byte) && byte !== 0xef && byte !== 0xbb && byte !== 0xbf) {
      scan.mode = 'ended';
      return true;
    }
  }
  if (scan.mode === 'ended') scan.at = limit;
  return false;
}

/** Passes the element's bytes; true when it has passed the last one. */
export function closes({ bytes, base }: ByteWindow, scan: ElementScan, limit: number): boolean {
  const to = limit - base;
  let { depth, inString, escaped } = scan;
  let at = scan.at - base;
  let closed = false;
  while (at < to && !closed) {
    if (inString) {
      const quote = bytes.indexOf(QUOTE, at);
      const end = quote === -1 || quote >= to ? to : quote;
      escaped = isEscaped(bytes, at, end, escaped);
      at = end;
      if (end === to) break;
      at++;
      inString = escaped;
      escaped = false;
      closed = !inString && depth === 0;
      continue;
    }
    const byte = bytes[at];
    if (byte === QUOTE) inString = true;
    else if (byte === OPEN_OBJECT || byte === OPEN_LIST) depth++;
    else if (depth === 0 && (byte === COMMA || byte === CLOSE_LIST)) break;
    else if (byte === CLOSE_OBJECT || byte === CLOSE_LIST) closed = --depth <= 0;
    at++;
  }
  Object.assign(scan, { at: base + at, depth, inString, escaped });
  // A number or a word ends at the comma or bracket behind it.
  return closed || (at < to && !inString);
}

/** Whether the backslashes before `end` escape the byte there; `before`: those before `start` escape that one. */
function isEscaped(bytes: Buffer, start: number, end: number, before: boolean): boolean {
  let run = end;
  while (run > start && bytes[run - 1] === BACKSLASH) run--;
  return ((end - run) % 2 === 1) !== (run === start && before);
}

export const AFTER_END = 'there is more text after the array\'s closing "]"';

const [QUOTE, BACKSLASH, COMMA] = [0x22, 0x5c, 0x2c];
const [OPEN_OBJECT, CLOSE_OBJECT, OPEN_LIST, CLOSE_LIST] = [0x7b, 0x7d, 0x5b, 0x5d];

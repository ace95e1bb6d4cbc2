import { isJson } from '../formats/nat/fast-item.ts';
import { type ItemReason, MAX_ITEM_BYTES, type ReadItem, type Span, tooLarge } from '../record.ts';
import { withinValues } from '../value-cap.ts';
import { append, type ByteWindow, byteWindow } from './byte-window.ts';

/**
 * The elements of a JSON array that begin at or after `start` and before `end`. A slice begins at the array's own start
 * or right behind an element (see `arrayCuts`).
 *
 * Elements are found by strings and brackets alone; `read` judges what is inside. Where an element is broken, its
 * neighbours are found again by their indentation: in an array written over lines, every element begins on a line of
 * its own, indented alike, and no line inside an element is indented so little.
 */
export async function* readArrayItems<Item>(
  stream: AsyncIterable<Uint8Array>,
  range: { readonly start: number; readonly end: number },
  read: ReadItem<Item>,
): AsyncGenerator<Span<Item>> {
  yield* scanned(scanFrom(range.start), stream, range, read);
}

async function* scanned<Item>(
  scan: Scan,
  stream: AsyncIterable<Uint8Array>,
  range: { readonly start: number; readonly end: number },
  read: ReadItem<Item>,
): AsyncGenerator<Span<Item>> {
  const window = byteWindow(range.start);
  for await (const chunk of stream) {
    take(window, scan, chunk);
    while (advance(window, scan, range.end)) yield* judge(window, scan, read);
    if (isPast(window, scan, range.end)) return;
    if (scan.mode !== 'inside') window.from = Math.max(window.from, scan.at - KEPT_FOR_LOOKING_BACK);
  }
  yield* atEnd(window, scan, range.end, read);
}

/**
 * Where an array can be cut: right behind the first element that ends at or after each multiple of `every` bytes.
 * Not between two that share a line in an array written over lines: whoever begins there does not know its indentation.
 * Stops cutting at the first broken element, because from there on only the whole rest is sure to be read alike. The
 * stream begins at `start`: at 0, or at a cut.
 */
export async function* arrayCuts(stream: AsyncIterable<Uint8Array>, every: number, start = 0): AsyncGenerator<number> {
  const scan = scanFrom(start);
  let due = (Math.floor(start / every) + 1) * every;
  let end = start;
  for await (const span of scanned(scan, stream, { start, end: Number.POSITIVE_INFINITY }, onlyJson)) {
    if (end >= due && (scan.ownLine || !scan.marker)) {
      yield end;
      due = (Math.floor(end / every) + 1) * every;
    }
    if ('rejected' in span) return;
    end = span.offset + span.bytes;
  }
  if (end >= due) yield end;
}

/** All that a cutter needs to know of an element: that a reader will find its end where the cutter does. */
const onlyJson: ReadItem<undefined> = withinValues((bytes) =>
  isJson(bytes) ? { item: undefined } : { rejected: { reason: 'invalid_json', detail: NEVER_CLOSES, exampleId: null } },
);

/** Positions are indices into the window. */
interface Scan {
  mode: 'before' | 'between' | 'inside' | 'discarding' | 'after';
  /** The next byte to look at. Inside an element, the element begins at `window.from`. */
  at: number;
  depth: number;
  inString: boolean;
  /** Newline, indentation and "{": how an element begins in this array; undefined where elements share lines. */
  marker: Buffer | undefined;
  /** Whether the element began that way, and not on the line of the one before it. */
  ownLine: boolean;
  /** The first marker behind the element's begin, as far as `searched`. */
  next: number;
  searched: number;
  /** Whether the element may be taken to end where the next one's line begins: until that proves wrong. */
  trusting: boolean;
}

const scanFrom = (start: number): Scan => ({
  mode: start === 0 ? 'before' : 'between',
  at: 0,
  depth: 0,
  inString: false,
  marker: undefined,
  ownLine: false,
  next: NONE,
  searched: 0,
  trusting: false,
});

function take(window: ByteWindow, scan: Scan, chunk: Uint8Array): void {
  const before = window.from;
  append(window, chunk);
  const moved = window.from - before;
  scan.at += moved;
  scan.searched += moved;
  if (scan.next !== NONE) scan.next += moved;
}

/** Moves on to where something can be said of an element (see `judge`); false when more bytes are needed. */
function advance(window: ByteWindow, scan: Scan, end: number): boolean {
  for (;;) {
    if (scan.mode === 'inside') {
      if (endsBeforeNextLine(window, scan)) return true;
      if (scan.trusting) return false;
      if (closes(window, scan, window.to)) scan.mode = 'between';
      return scan.mode === 'between' || overran(window, scan) || window.to - window.from > MAX_ITEM_BYTES;
    }
    if (scan.mode === 'discarding') {
      if (!discards(window, scan)) return false;
    } else if (!findsElement(window, scan, end)) return false;
  }
}

/** Between elements: skips white space and commas. True when an element begins (`mode` is then `inside`). */
function findsElement(window: ByteWindow, scan: Scan, end: number): boolean {
  const { bytes, to } = window;
  for (; scan.at < to; scan.at++) {
    const byte = bytes[scan.at];
    if (scan.mode === 'after' || byte === SPACE || byte === NEWLINE || byte === RETURN || byte === TAB) {
      if (scan.mode === 'after' && !isWhite(byte)) return false;
    } else if (scan.mode === 'before') {
      // Only a byte order mark and white space stand before the "[" (`sniff` has seen to it).
      if (byte === OPEN_LIST) scan.mode = 'between';
    } else if (window.base + scan.at >= end) {
      return false;
    } else if (byte === CLOSE_LIST) {
      scan.mode = 'after';
    } else if (byte !== COMMA) {
      beginElement(window, scan);
      return true;
    }
  }
  return false;
}

function beginElement(window: ByteWindow, scan: Scan): void {
  const newline = window.bytes.subarray(window.from, scan.at).lastIndexOf(NEWLINE);
  scan.ownLine = false;
  if (newline !== -1 && window.bytes[scan.at] === OPEN_OBJECT) {
    const marker = window.bytes.subarray(window.from + newline, scan.at + 1);
    scan.ownLine = marker.subarray(1, -1).every(isWhite);
    if (scan.ownLine) scan.marker = Buffer.from(marker);
  }
  scan.mode = 'inside';
  scan.depth = 0;
  scan.inString = false;
  scan.next = NONE;
  scan.searched = scan.at + 1;
  // Of one that shares a line nothing is known of where the next begins: looking for its line would go through all of
  // the window, for each.
  scan.trusting = scan.ownLine;
  window.from = scan.at;
}

/**
 * In an array written over lines the next element's line tells where this one ends, without looking at what is between:
 * if those bytes are JSON then no end before or behind them is right. `judge` finds out.
 */
function endsBeforeNextLine(window: ByteWindow, scan: Scan): boolean {
  if (!scan.trusting || !scan.marker) return false;
  const next = markerBefore(window, scan, window.to);
  if (next === NONE || next - window.from > MAX_ITEM_BYTES) {
    scan.searched = Math.max(scan.searched, window.to - scan.marker.length);
    // Too large, or the array's last: found by its brackets.
    if (window.to - window.from > MAX_ITEM_BYTES) distrust(window, scan);
    return false;
  }
  let end = next;
  while (isWhite(window.bytes[end - 1])) end--;
  if (window.bytes[end - 1] !== COMMA) {
    distrust(window, scan);
    return false;
  }
  scan.at = end - 1;
  return true;
}

/** Looks at the element again from its first byte, by its strings and brackets. */
function distrust(window: ByteWindow, scan: Scan): void {
  scan.trusting = false;
  scan.at = window.from;
  scan.depth = 0;
  scan.inString = false;
  scan.next = NONE;
  scan.searched = window.from + 1;
}

/** Follows strings and brackets up to `to`; true when the element's last byte was passed. */
function closes(window: ByteWindow, scan: Scan, to: number): boolean {
  const { bytes } = window;
  while (scan.at < to) {
    if (scan.inString) {
      const quote = bytes.indexOf(QUOTE, scan.at);
      if (quote === -1 || quote >= to) {
        scan.at = to;
        return false;
      }
      scan.at = quote + 1;
      if (isEscaped(window, quote)) continue;
      scan.inString = false;
      if (scan.depth === 0) return true;
      continue;
    }
    const byte = bytes[scan.at];
    if (scan.depth === 0 && scan.at > window.from && (byte === COMMA || byte === CLOSE_LIST)) return true;
    scan.at++;
    if (byte === QUOTE) scan.inString = true;
    else if (byte === OPEN_OBJECT || byte === OPEN_LIST) scan.depth++;
    else if ((byte === CLOSE_OBJECT || byte === CLOSE_LIST) && --scan.depth <= 0) return true;
  }
  return false;
}

const isEscaped = (window: ByteWindow, quote: number): boolean => {
  let at = quote;
  while (at > window.from && window.bytes[at - 1] === BACKSLASH) at--;
  return (quote - at) % 2 === 1;
};

/** What `window.from` to `scan.at` is: an item, or the reason why not; nothing where it has to be looked at again. */
function* judge<Item>(window: ByteWindow, scan: Scan, read: ReadItem<Item>): Generator<Span<Item>> {
  if (!scan.trusting) {
    yield judgeClosed(window, scan, read);
    return;
  }
  let to = scan.at;
  while (to > window.from && isWhite(window.bytes[to - 1])) to--;
  const verdict = read(window.bytes.subarray(window.from, to));
  if ('rejected' in verdict && verdict.rejected.reason === 'invalid_json') {
    distrust(window, scan);
    return;
  }
  const judged = { offset: window.base + window.from, bytes: to - window.from, ...verdict };
  window.from = scan.at;
  scan.mode = 'between';
  yield judged;
}

/** The same of an element that was found by its brackets, or that never closed. */
function judgeClosed<Item>(window: ByteWindow, scan: Scan, read: ReadItem<Item>): Span<Item> {
  const closed = scan.mode === 'between';
  if (overran(window, scan)) return resumeAtMarker(window, scan, NEVER_CLOSES);
  let to = scan.at;
  while (to > window.from && isWhite(window.bytes[to - 1])) to--;
  if (!closed || to - window.from > MAX_ITEM_BYTES) {
    const large = tooLarge(window.base + window.from);
    if (scan.next !== NONE) resumeAtMarker(window, scan, NEVER_CLOSES);
    else if (!closed) scan.mode = 'discarding';
    else window.from = scan.at;
    return large;
  }
  const verdict = read(window.bytes.subarray(window.from, to));
  if ('rejected' in verdict && verdict.rejected.reason === 'invalid_json' && nextMarker(window, scan) !== NONE) {
    return resumeAtMarker(window, scan, verdict.rejected.detail);
  }
  const judged = { offset: window.base + window.from, bytes: to - window.from, ...verdict };
  window.from = scan.at;
  return judged;
}

/** Rejects the element up to the line where the next one begins, and goes on there. */
function resumeAtMarker(window: ByteWindow, scan: Scan, detail: string): Span<never> {
  const rejected = span(window.base + window.from, scan.next - window.from, 'invalid_json', detail);
  window.from = scan.next;
  scan.at = scan.next;
  scan.mode = 'between';
  return rejected;
}

/** An element that goes on so far past the line where the next one begins has lost a bracket or a quote. */
const overran = (window: ByteWindow, scan: Scan): boolean =>
  nextMarker(window, scan) !== NONE && scan.at > scan.next + PATIENCE;

/** The first marker that begins before `scan.at`. */
function nextMarker(window: ByteWindow, scan: Scan): number {
  if (scan.next !== NONE || !scan.marker) return scan.next;
  const found = markerBefore(window, scan, scan.at);
  if (found !== NONE) scan.next = found;
  else scan.searched = Math.max(scan.searched, scan.at - scan.marker.length);
  return scan.next;
}

/** The first marker from `scan.searched` on that ends by `to`. Bytes behind `to` are not even looked at: they can be many. */
function markerBefore(window: ByteWindow, scan: Scan, to: number): number {
  if (!scan.marker || to <= scan.searched) return NONE;
  const found = window.bytes.subarray(scan.searched, to).indexOf(scan.marker);
  return found === NONE ? NONE : scan.searched + found;
}

/** Passes the rest of a too large element, held no longer. True when it is behind us. */
function discards(window: ByteWindow, scan: Scan): boolean {
  const marker = scan.marker ? window.bytes.indexOf(scan.marker, Math.max(window.from, scan.searched)) : NONE;
  const resumes = marker !== NONE && scan.marker !== undefined && marker + scan.marker.length <= window.to;
  const closed = closes(window, scan, resumes ? marker : window.to);
  if (scan.marker) scan.searched = Math.max(scan.searched, scan.at - scan.marker.length);
  if (!closed && !resumes) return false;
  if (!closed) scan.at = marker;
  window.from = scan.at;
  scan.mode = 'between';
  return true;
}

const isPast = (window: ByteWindow, scan: Scan, end: number): boolean =>
  scan.mode === 'between' && window.base + scan.at >= end;

function* atEnd<Item>(window: ByteWindow, scan: Scan, end: number, read: ReadItem<Item>): Generator<Span<Item>> {
  while (scan.mode === 'inside') {
    if (scan.trusting) {
      // No next line will come: the array's last element.
      distrust(window, scan);
    } else if (nextMarker(window, scan) === NONE) {
      yield span(window.base + window.from, window.to - window.from, 'truncated', 'the file ends inside this item');
      return;
    } else {
      yield resumeAtMarker(window, scan, NEVER_CLOSES);
    }
    while (advance(window, scan, end)) yield* judge(window, scan, read);
  }
  const at = window.base + scan.at;
  if (scan.mode === 'after') {
    if (scan.at < window.to) yield span(at, 0, 'after_array_end', 'there is more text after the array\'s closing "]"');
  } else if (scan.mode !== 'discarding' && at < end) {
    yield span(at, 0, 'truncated', 'the file ends before the array\'s closing "]"');
  }
}

const span = (offset: number, bytes: number, reason: ItemReason, detail: string): Span<never> => ({
  offset,
  bytes,
  rejected: { reason, detail, exampleId: null },
});

const NEVER_CLOSES = 'its brackets or quotes do not match';
const NONE = -1;
/** Bytes. Small, so that a file of which every element is broken is not scanned over and over. */
const PATIENCE = 65_536;
/** For an element's indentation and a run of backslashes; more of either is not JSON that anybody writes. */
const KEPT_FOR_LOOKING_BACK = 4096;

const [SPACE, NEWLINE, RETURN, TAB] = [0x20, 0x0a, 0x0d, 0x09];
const [QUOTE, BACKSLASH, COMMA] = [0x22, 0x5c, 0x2c];
const [OPEN_OBJECT, CLOSE_OBJECT, OPEN_LIST, CLOSE_LIST] = [0x7b, 0x7d, 0x5b, 0x5d];
const isWhite = (byte: number | undefined): boolean =>
  byte === SPACE || byte === NEWLINE || byte === RETURN || byte === TAB;

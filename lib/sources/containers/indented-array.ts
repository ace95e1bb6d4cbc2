import { ArrayNotIndented } from '../../errors.ts';
import { MAX_DEPTH, MAX_ITEM_BYTES, type ReadItem, type Span } from '../record.ts';
import {
  AFTER_END,
  closes,
  type ElementScan,
  isBroken,
  judgeElement,
  losing,
  readElements,
  readMissing,
  scanFrom,
} from './array-elements.ts';
import { append, type ByteWindow, byteWindow } from './byte-window.ts';
import { isWhite } from './find-text.ts';

/** The elements to read: those whose lines begin at or after `start` and before `end`. */
export interface MarkedLines {
  /** Of each line that begins an element. */
  readonly indentation: string;
  readonly start: number;
  readonly end: number;
  /** The object's name, if other tasks read the rest of it. */
  readonly cut: string | undefined;
}

/**
 * Reads an array in which each element begins a line, and no line inside an element has that indentation. Such a line is
 * a marker. What lies between two markers is a piece: nearly always one element, whose end is found without looking
 * inside. In a piece that is not JSON, brackets show the elements, and a broken element is lost up to the next marker.
 *
 * A piece is read by its own bytes alone, so the result is the same wherever an object is cut. The exception is an
 * element with a marker inside. This function follows it over the marker. But if the object was cut, another task may
 * have begun there: then the function throws {@link ArrayNotIndented}.
 */
export async function* readIndentedArray<Item>(
  stream: AsyncIterable<Uint8Array>,
  lines: MarkedLines,
  read: ReadItem<Item>,
): AsyncGenerator<Span<Item>> {
  const pieces: Pieces<Item> = {
    lines,
    read,
    marker: Buffer.from(`\n${lines.indentation}{`),
    window: byteWindow(lines.start),
    scan: scanFrom(lines.start, 'outside'),
    // The first piece is the array's "[".
    begin: lines.start === 0 ? 0 : undefined,
    searched: lines.start,
    open: undefined,
    followed: 0,
  };
  for await (const chunk of stream) {
    append(pieces.window, chunk);
    yield* readPieces(pieces, false);
    if (isPast(pieces)) return;
  }
  yield* readPieces(pieces, true);
  if (!isPast(pieces)) yield* readLastPiece(pieces);
}

/** Offsets are those of the stream. */
interface Pieces<Item> {
  readonly lines: MarkedLines;
  readonly read: ReadItem<Item>;
  readonly marker: Buffer;
  readonly window: ByteWindow;
  readonly scan: ElementScan;
  /** Of the current piece; undefined before the slice's first marker. */
  begin: number | undefined;
  /** The search for the next marker goes on here. */
  searched: number;
  /** The search for the end of an element that may go on behind the marker at `searched - 1`. */
  open: ElementScan | undefined;
  /** The end of the last such search that found nothing. None begins before it, so none looks at the same bytes again. */
  followed: number;
}

const isPast = ({ begin, searched, lines }: Pieces<unknown>): boolean => (begin ?? searched) >= lines.end;

/** Reads the pieces that end in the window. A long piece is read as far as it has arrived. */
function* readPieces<Item>(pieces: Pieces<Item>, atEnd: boolean): Generator<Span<Item>> {
  const { window, scan, read } = pieces;
  while (!isPast(pieces)) {
    if (pieces.open) {
      if (!isSettled(pieces, pieces.open, atEnd)) return;
      yield settle(pieces, pieces.open);
      continue;
    }
    const next = nextMarker(pieces);
    if (next === undefined) {
      if (isLong(pieces, pieces.searched)) yield* readElements(window, scan, read, { limit: pieces.searched });
      return;
    }
    if (pieces.begin === undefined) beginPiece(pieces, next);
    else yield* readPiece(pieces, next);
  }
}

function nextMarker(pieces: Pieces<unknown>): number | undefined {
  const { window, marker } = pieces;
  const { bytes, base, to } = window;
  // The window's memory holds other bytes behind `to`.
  const found = bytes.subarray(pieces.searched - base, to).indexOf(marker);
  if (found !== -1) {
    pieces.searched += found + 1;
    return pieces.searched - 1;
  }
  pieces.searched = Math.max(pieces.searched, base + to - marker.length + 1);
  if (pieces.begin === undefined) window.from = pieces.searched - base;
  return undefined;
}

/** Longer than an element may be. Such a piece is never held as a whole. */
const isLong = ({ begin }: Pieces<unknown>, end: number): boolean =>
  begin !== undefined && end - begin > MAX_ITEM_BYTES;

function beginPiece(pieces: Pieces<unknown>, at: number): void {
  pieces.begin = at;
  pieces.window.from = at - pieces.window.base;
  Object.assign(pieces.scan, scanFrom(at, 'between'));
}

function* readPiece<Item>(pieces: Pieces<Item>, next: number): Generator<Span<Item>> {
  const { window, scan, marker } = pieces;
  yield* readElementsOf(pieces, next);
  if (scan.mode === 'inside') {
    if (goesOn(pieces, next)) {
      pieces.open = { ...scan };
      return;
    }
    yield losing('invalid_json', NEVER_CLOSES, window.base + window.from, next);
  } else if (scan.mode === 'outside') {
    yield losing('after_array_end', AFTER_END, next + marker.length - 1);
  }
  beginPiece(pieces, next);
}

/** Reads the piece up to `end`. */
function* readElementsOf<Item>(pieces: Pieces<Item>, end: number): Generator<Span<Item>> {
  const { window, scan, read } = pieces;
  const element = oneElement(pieces, end);
  if (!element) {
    yield* readElements(window, scan, read, { limit: end, lostUpTo: isLong(pieces, end) ? 0 : end });
    return;
  }
  scan.at = end;
  yield element;
}

/** The piece's element, if it is JSON as a whole. */
function oneElement<Item>(pieces: Pieces<Item>, end: number): Span<Item> | undefined {
  const { begin, window, scan, marker, read } = pieces;
  if (scan.mode !== 'between' || scan.at !== begin || isLong(pieces, end)) return undefined;
  window.from += marker.length - 1;
  let to = end - window.base;
  while (isWhite(window.bytes[to - 1])) to--;
  if (window.bytes[to - 1] === COMMA) to--;
  const element = judgeElement(window, window.base + to, read);
  return isBroken(element) ? undefined : element;
}

/** Whether the open element may go on behind the marker: what is there of it is the begin of JSON with an object next. */
function goesOn({ window, followed, read }: Pieces<unknown>, next: number): boolean {
  if (window.base + window.from < followed) return false;
  const begun = window.bytes.subarray(window.from, next - window.base);
  const brackets = bracketsToClose(begun);
  if (brackets === undefined) return false;
  const ended = read(Buffer.concat([begun, Buffer.from(`{}${brackets}`)]));
  return 'item' in ended || ended.rejected.reason !== 'invalid_json';
}

/** The brackets that end the JSON text; undefined if its brackets do not match, or if it ends within a string. */
function bracketsToClose(json: Buffer): string | undefined {
  const open: number[] = [];
  for (let at = 0; at < json.length; at++) {
    const byte = json[at];
    if (byte === QUOTE) {
      at++;
      while (at < json.length && json[at] !== QUOTE) at += json[at] === BACKSLASH ? 2 : 1;
      if (at >= json.length) return undefined;
    } else if (byte === OPEN_OBJECT || byte === OPEN_LIST) {
      if (open.length === MAX_DEPTH) return undefined;
      open.push(byte === OPEN_OBJECT ? CLOSE_OBJECT : CLOSE_LIST);
    } else if ((byte === CLOSE_OBJECT || byte === CLOSE_LIST) && open.pop() !== byte) {
      return undefined;
    }
  }
  return String.fromCharCode(...open.reverse());
}

/** Whether the end of the open element is found, or will not be. */
function isSettled({ window }: Pieces<unknown>, open: ElementScan, atEnd: boolean): boolean {
  if (closes(window, open, window.base + window.to)) open.mode = 'between';
  return open.mode === 'between' || atEnd || window.to - window.from > MAX_ITEM_BYTES;
}

/** The element that goes on behind the marker; or, if there is none, the loss of what is before the marker. */
function settle<Item>(pieces: Pieces<Item>, { mode, at }: ElementScan): Span<Item> {
  const { window, scan, lines, read } = pieces;
  const from = window.base + window.from;
  const marker = pieces.searched - 1;
  pieces.open = undefined;
  if (mode === 'between' && at - from <= MAX_ITEM_BYTES) {
    const element = judgeElement(window, at, read);
    if (!isBroken(element)) {
      if (lines.cut !== undefined) throw new ArrayNotIndented(notIndented(lines, from, marker));
      Object.assign(scan, scanFrom(at, 'between'));
      pieces.searched = at;
      return element;
    }
  }
  // Not further: the stream's chunks would decide how far that is.
  pieces.followed = Math.min(at, from + MAX_ITEM_BYTES);
  beginPiece(pieces, marker);
  return losing('invalid_json', NEVER_CLOSES, from, marker);
}

const notIndented = ({ cut, indentation }: MarkedLines, element: number, line: number): string =>
  `${cut}: the element at byte ${element} has a line inside (at byte ${line + 1}) that begins like an element, with ` +
  `${indentation.length} characters of white space and "{". So several tasks cannot read this array. ` +
  'Set source.cut to false: then one task reads it.';

/** From the last marker to the end of the file. */
function* readLastPiece<Item>(pieces: Pieces<Item>): Generator<Span<Item>> {
  const { begin, window, scan, read } = pieces;
  if (begin === undefined) return;
  const closing = closingLine(pieces, begin);
  if (closing !== undefined) {
    yield* readElementsOf(pieces, closing);
    if (scan.mode === 'inside') {
      yield losing('invalid_json', NEVER_CLOSES, window.base + window.from, closing);
      beginPiece(pieces, closing);
    }
  }
  yield* readElements(window, scan, read);
  yield* readMissing(window, scan);
}

/** The end of the line before the array's "]", if the file's last line is that "]", not deeper than the elements. */
function closingLine({ window, lines }: Pieces<unknown>, begin: number): number | undefined {
  const { bytes, base, to } = window;
  let last = to - 1;
  while (isWhite(bytes[last])) last--;
  if (bytes[last] !== CLOSE_LIST || base + to - begin > MAX_ITEM_BYTES) return undefined;
  const newline = bytes.lastIndexOf(NEWLINE, last);
  const before = bytes.subarray(newline + 1, last);
  return before.length <= lines.indentation.length && before.every(isWhite) ? base + newline : undefined;
}

const NEVER_CLOSES = 'its brackets or quotes do not match';
const [QUOTE, BACKSLASH, COMMA, NEWLINE] = [0x22, 0x5c, 0x2c, 0x0a];
const [OPEN_OBJECT, CLOSE_OBJECT, OPEN_LIST, CLOSE_LIST] = [0x7b, 0x7d, 0x5b, 0x5d];

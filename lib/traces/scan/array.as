// Finds the elements of a JSON array that arrives in pieces, without judging them.
// Offsets are bytes of the whole stream, doubles because a file outgrows 32 bits.

import { BACKSLASH, CLOSE_BRACE, CLOSE_BRACKET, COMMA, every, NEWLINE, OPEN_BRACE, OPEN_BRACKET, QUOTE, RETURN, SPACE, TAB } from './bytes';
import { INPUT, MAX_SPANS, SPANS } from './layout';

/** Where the scan stands. Set them all before a first piece; they hold what the next piece needs. */
export let offset: f64 = 0; // of the next piece
export let phase: u32 = 0;
export let nesting: u32 = 0; // within the array: 0 between its elements and within scalars
export let inString: u32 = 0;
export let afterBackslash: u32 = 0;
export let afterComma: u32 = 0;
export let start: f64 = -1; // of the element that is open; -1: none
export let end: f64 = -1; // after the last byte of that element so far
export let newline: f64 = -1; // the first raw newline in a string; -1: none

export const BEFORE_ARRAY: u32 = 0;
export const IN_ARRAY: u32 = 1;
export const AFTER_ARRAY: u32 = 2;
/** What is neither whitespace nor an array; `end` is where. Nothing after it is read. */
export const NOT_ARRAY: u32 = 3;
/** A closing brace without its opening one. */
export const UNOPENED: u32 = 4;
/** Something after the array. */
export const TRAILING: u32 = 5;

/**
 * Scans `length` bytes at INPUT, or with length 0 goes on where a full SPANS stopped it.
 * Returns how many spans it wrote; fewer than MAX_SPANS: the piece is done.
 */
export function splitArray(length: u32): u32 {
  let p = at;
  if (length > 0) {
    p = INPUT;
    limit = INPUT + length;
  }
  let spans: u32 = 0;
  while (p < limit && phase < NOT_ARRAY) {
    if (inString) {
      p = crossString(p);
    } else if (nesting > 0) {
      p = crossElement(p);
    } else {
      const c = <u32>load<u8>(p);
      if (c == SPACE || c == NEWLINE || c == TAB || c == RETURN) {
        p += 1;
      } else if (phase == IN_ARRAY) {
        p += 1;
        if (c == COMMA || c == CLOSE_BRACKET) {
          // Between two commas, or after the last, stands an element too: an empty one, which is no JSON.
          const empty = start < 0;
          if (!empty || c == COMMA || afterComma) {
            store<f64>(SPANS + (spans << 4), empty ? here(p) - 1 : start);
            store<f64>(SPANS + (spans << 4) + 8, empty ? here(p) - 1 : end);
            spans += 1;
          }
          start = -1;
          afterComma = u32(c == COMMA);
          if (c == CLOSE_BRACKET) phase = AFTER_ARRAY;
          if (spans == MAX_SPANS) break;
        } else {
          if (start < 0) start = here(p) - 1;
          end = here(p);
          if (c == QUOTE) inString = 1;
          else if (c == OPEN_BRACE || c == OPEN_BRACKET) nesting = 1;
          else if (c == CLOSE_BRACE) fault(UNOPENED, p - 1);
        }
      } else if (phase == BEFORE_ARRAY) {
        if (c == OPEN_BRACKET) phase = IN_ARRAY;
        else fault(NOT_ARRAY, p);
        p += 1;
      } else {
        fault(TRAILING, p);
      }
    }
  }
  at = p;
  if (spans < MAX_SPANS) offset += f64(limit - INPUT);
  return spans;
}

let at: usize = INPUT;
let limit: usize = INPUT;

function here(p: usize): f64 {
  return offset + f64(p - INPUT);
}

function fault(what: u32, p: usize): void {
  phase = what;
  end = here(p);
}

/** Crosses the inside of an element up to a string, its end or the piece's. */
function crossElement(p: usize): usize {
  const lowercase = every(32);
  const quote = every(QUOTE);
  const opening = every(OPEN_BRACE);
  const closing = every(CLOSE_BRACE);
  let open = nesting;
  while (true) {
    const v = v128.load(p);
    const brackets = v128.or(v, lowercase); // [ and { differ in this bit only, as do ] and }
    const stops = i8x16.bitmask(
      v128.or(
        i8x16.eq(v, quote),
        v128.or(i8x16.eq(brackets, opening), i8x16.eq(brackets, closing)),
      ),
    );
    if (stops == 0) {
      p += 16;
      if (p < limit) continue;
      p = limit;
      break;
    }
    p += ctz(stops);
    if (p >= limit) {
      p = limit;
      break;
    }
    const c = <u32>load<u8>(p);
    p += 1;
    if (c == QUOTE) {
      inString = 1;
      break;
    }
    if ((c | 32) == OPEN_BRACE) {
      open += 1;
    } else {
      open -= 1;
      if (open == 0) {
        end = here(p);
        break;
      }
    }
    if (p >= limit) break;
  }
  nesting = open;
  return p;
}

/** Crosses the inside of a string up to after its closing quote or the piece's end. */
function crossString(p: usize): usize {
  if (afterBackslash) {
    afterBackslash = 0;
    p += 1;
  }
  const lineEnd = every(NEWLINE);
  const quote = every(QUOTE);
  const backslash = every(BACKSLASH);
  while (p < limit) {
    const v = v128.load(p);
    const stops = i8x16.bitmask(
      v128.or(
        i8x16.eq(v, lineEnd),
        v128.or(i8x16.eq(v, quote), i8x16.eq(v, backslash)),
      ),
    );
    if (stops == 0) {
      p += 16;
      continue;
    }
    p += ctz(stops);
    if (p >= limit) break;
    const c = <u32>load<u8>(p);
    if (c == QUOTE) {
      inString = 0;
      p += 1;
      if (nesting == 0) end = here(p);
      return p;
    }
    if (c == BACKSLASH) {
      p += 2;
      if (p > limit) afterBackslash = 1;
    } else {
      if (newline < 0) newline = here(p);
      p += 1;
    }
  }
  return limit;
}

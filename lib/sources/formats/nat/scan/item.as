// Accepts what JSON.parse accepts, UTF-8 aside, and notes where the tracked members stand.

import { BACKSLASH, CLOSE_BRACE, CLOSE_BRACKET, COLON, COMMA, every, NEWLINE, OPEN_BRACE, OPEN_BRACKET, QUOTE, RETURN, SPACE, TAB } from './bytes';
import { ELEMENT, INPUT, KEYS, MEMBERS, SLOTS, STACK } from './layout';

// What scanItem returns.
export const INVALID: i32 = 0;
export const VALID: i32 = 1;
/** An element of the tracked array ended: read its slots, then call `scanItem(0)`. */
export const ELEMENT_ENDED: i32 = 2;
/** Deeper than the stack, or a key with an escape where a key matters: JSON.parse must decide. */
export const UNDECIDED: i32 = 3;

// Bits of a slot's `escapes`.
const ESCAPED: u32 = 1;
/** An escape that JSON.stringify would write otherwise, or might. */
const RESPELLED: u32 = 2;

const OBJECT: u32 = 128;
// Four letters of a literal, as a little-endian number.
const TRUE: u32 = 0x65757274;
const NULL: u32 = 0x6c6c756e;
const ALSE: u32 = 0x65736c61;

/** Of the item scanned last: how deep its containers nest. */
export let deepest: u32 = 0;
/** Whether a number in it has 16 digits or more before its end or exponent: a double may not hold it. */
export let longInteger: u32 = 0;

let lastSlot: u32 = 0;
let at: usize = 0;
let depth: usize = 0;
let frame: u32 = 0;
let escapes: u32 = 0;
let keySlot: u32 = 0;

/** The highest slot in use; slots above a container's are its descendants. */
export function setLastSlot(slot: u32): void {
  lastSlot = slot;
}

/** The end of what was scanned, as an offset: where an INVALID input stops being JSON. */
export function position(): u32 {
  return u32(at - INPUT);
}

/** Scans `length` bytes at INPUT from their start; with length 0, goes on after ELEMENT_ENDED. */
export function scanItem(length: u32): i32 {
  let p: usize;
  let slot: u32 = 0;
  let valueDue = length > 0;
  // A container is a frame: its own slot, and OBJECT or not. Frame 0 is the outermost: no container.
  let top = frame;
  let level = depth;
  if (valueDue) {
    p = blank(INPUT);
    top = 0;
    level = 0;
    slot = 1;
    deepest = 0;
    longInteger = 0;
  } else {
    p = at;
  }

  while (true) {
    if (valueDue) {
      const c = <u32>load<u8>(p);
      if (slot != 0) begin(slot, p);
      if (c == QUOTE) {
        p = stringEnd(p + 1);
        if (p == 0) return INVALID;
        if (slot != 0) finish(slot, p, escapes);
      } else if (c == OPEN_BRACE || c == OPEN_BRACKET) {
        if (level == INPUT - STACK) return UNDECIDED;
        store<u8>(STACK + level, top);
        level += 1;
        if (level > deepest) deepest = level;
        p = blank(p + 1);
        if (c == OPEN_BRACE) {
          top = slot | OBJECT;
          if (load<u8>(p) != CLOSE_BRACE) {
            p = member(p, slot);
            if (p <= 1) return p == 0 ? INVALID : UNDECIDED;
            slot = keySlot;
            continue;
          }
        } else {
          top = slot;
          if (load<u8>(p) != CLOSE_BRACKET) {
            slot = load<u8>(ELEMENT + slot);
            continue;
          }
        }
        slot = 0; // The empty container's own slot is in its frame; the loop below closes it.
      } else {
        p = scalarEnd(p, c);
        if (p == 0) return INVALID;
        if (slot != 0) finish(slot, p, 0);
      }
      if (slot != 0 && load<u8>(ELEMENT + slot - 1) == slot) {
        at = p;
        depth = level;
        frame = top;
        return ELEMENT_ENDED;
      }
    }
    valueDue = true;

    // A value has ended: a comma, or the end of its container, which is a value that has ended.
    while (true) {
      p = blank(p);
      if (level == 0) {
        at = p;
        return VALID;
      }
      const c = <u32>load<u8>(p);
      if (c == COMMA) {
        p = blank(p + 1);
        if (top & OBJECT) {
          p = member(p, top ^ OBJECT);
          if (p <= 1) return p == 0 ? INVALID : UNDECIDED;
          slot = keySlot;
        } else {
          slot = load<u8>(ELEMENT + top);
        }
        break;
      }
      if (c != (top & OBJECT ? CLOSE_BRACE : CLOSE_BRACKET)) {
        at = p;
        return INVALID;
      }
      p += 1;
      slot = top & 127;
      level -= 1;
      top = load<u8>(STACK + level);
      if (slot != 0) {
        finish(slot, p, 0);
        if (load<u8>(ELEMENT + slot - 1) == slot) {
          at = p;
          depth = level;
          frame = top;
          return ELEMENT_ENDED;
        }
      }
    }
  }
}

// JSON.parse takes the last of several equal keys, so a new value forgets the one before it, descendants included.
function begin(slot: u32, p: usize): void {
  const nothing = i32x4.splat(0);
  const last = load<u8>(MEMBERS + slot) | load<u8>(ELEMENT + slot) ? lastSlot : slot;
  for (let s = slot; s <= last; s++) v128.store(SLOTS + (s << 4), nothing);
  store<u32>(SLOTS + (slot << 4), u32(p - INPUT));
}

function finish(slot: u32, p: usize, how: u32): void {
  store<u32>(SLOTS + (slot << 4) + 4, u32(p - INPUT));
  store<u32>(SLOTS + (slot << 4) + 8, how);
}

/** Crosses `"key" :` to its value and sets keySlot. 0: not a key. 1: a key with an escape in a tracked object. */
function member(p: usize, slot: u32): usize {
  if (<u32>load<u8>(p) != QUOTE) return 0;
  const start = p + 1;
  const end = stringEnd(start);
  if (end == 0) return 0;
  p = blank(end);
  if (<u32>load<u8>(p) != COLON) return 0;
  keySlot = 0;
  const members = <u32>load<u8>(MEMBERS + slot);
  if (members > 0) {
    if (escapes != 0) return 1;
    const length = u32(end - start - 1);
    for (let s = slot + 1; s <= slot + members; s++) {
      if (<u32>load<u8>(KEYS + (s << 5)) == length && same(KEYS + (s << 5) + 1, start, length)) {
        keySlot = s;
        break;
      }
    }
  }
  return blank(p + 1);
}

function same(a: usize, b: usize, length: u32): bool {
  for (let i: usize = 0; i < length; i++) if (load<u8>(a + i) != load<u8>(b + i)) return false;
  return true;
}

/** Crosses a string from its first byte to after its closing quote and sets `escapes`; 0: not a string. */
function stringEnd(p: usize): usize {
  const quote = every(QUOTE);
  const backslash = every(BACKSLASH);
  const control = every(31);
  let seen: u32 = 0;
  while (true) {
    let stops: i32;
    while (true) {
      const v = v128.load(p);
      stops = i8x16.bitmask(v128.or(v128.or(i8x16.eq(v, quote), i8x16.eq(v, backslash)), i8x16.le_u(v, control)));
      if (stops != 0) break;
      p += 16;
    }
    p += ctz(stops);
    const c = <u32>load<u8>(p);
    if (c == QUOTE) {
      escapes = seen;
      return p + 1;
    }
    if (c != BACKSLASH) return 0;
    seen |= ESCAPED;
    switch (<u32>load<u8>(p + 1)) {
      case 34: // "
      case 92: // backslash
      case 98: // b
      case 102: // f
      case 110: // n
      case 114: // r
      case 116: // t
        p += 2;
        break;
      case 47: // /
        seen |= RESPELLED;
        p += 2;
        break;
      case 117: // u
        for (let i: usize = 2; i < 6; i++) {
          const digit = <u32>load<u8>(p + i);
          if (digit - 48 > 9 && (digit | 32) - 97 > 5) return 0;
        }
        seen |= RESPELLED;
        p += 6;
        break;
      default:
        return 0;
    }
  }
}

/** Crosses true, false, null or a number; 0: none of them. */
function scalarEnd(p: usize, c: u32): usize {
  if (c == 110) return load<u32>(p) == NULL ? p + 4 : 0;
  if (c == 116) return load<u32>(p) == TRUE ? p + 4 : 0;
  if (c == 102) return load<u32>(p + 1) == ALSE ? p + 5 : 0;
  if (c == 45) {
    p += 1;
    c = load<u8>(p);
  }
  if (c == 48) {
    p += 1;
  } else {
    const first = p;
    p = digits(p);
    if (p == 0) return 0;
    if (p - first >= 16 && load<u8>(p) != 46) longInteger = 1;
  }
  if (load<u8>(p) == 46) {
    p = digits(p + 1);
    if (p == 0) return 0;
  }
  if ((load<u8>(p) | 32) == 101) {
    p += 1;
    const sign = <u32>load<u8>(p);
    if (sign == 43 || sign == 45) p += 1;
    return digits(p);
  }
  return p;
}

/** Crosses one or more digits; 0: there is none. */
function digits(p: usize): usize {
  if (<u32>load<u8>(p) - 48 > 9) return 0;
  do {
    p += 1;
  } while (<u32>load<u8>(p) - 48 <= 9);
  return p;
}

/** Crosses whitespace. An indented line begins with many spaces. */
function blank(p: usize): usize {
  while (true) {
    const c = <u32>load<u8>(p);
    if (c > SPACE) return p;
    if (c == NEWLINE) {
      p += 1;
      const space = every(SPACE);
      let others: i32;
      while ((others = i8x16.bitmask(i8x16.ne(v128.load(p), space))) == 0) p += 16;
      p += ctz(others);
    } else if (c == SPACE || c == TAB || c == RETURN) {
      p += 1;
    } else {
      return p;
    }
  }
}

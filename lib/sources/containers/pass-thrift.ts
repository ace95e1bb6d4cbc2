/*
 * Parquet's footer and its page headers are in Thrift's compact protocol. hyparquet trusts it: a list may say that it has a
 * billion elements, a number may go on for a megabyte, whose digits it adds up in a time that grows with their square.
 */

/** Where the struct at `start` ends. Throws where it holds more than its bytes can, or than memory should. */
export function passThrift(view: DataView, start: number): number {
  const left = { at: start, values: MOST_VALUES };
  passStruct(view, left, 0);
  return left.at;
}

interface Left {
  at: number;
  values: number;
}

function passStruct(view: DataView, left: Left, depth: number): void {
  if (depth > MOST_DEPTH) throw new Error('its structs nest too deep');
  for (;;) {
    const head = view.getUint8(left.at++);
    if ((head & 0x0f) === STOP) return;
    if (head >> 4 === 0) passNumber(view, left);
    passValue(view, left, { type: head & 0x0f, depth });
  }
}

function passValue(view: DataView, left: Left, { type, depth }: { type: number; depth: number }): void {
  if (--left.values < 0) throw new Error(`it has more than ${MOST_VALUES} values`);
  if (type === TRUE || type === FALSE) return;
  if (type === BYTE) left.at += 1;
  else if (type === DOUBLE) left.at += 8;
  else if (type === I16 || type === I32 || type === I64) passNumber(view, left);
  else if (type === BINARY) passBytes(view, left);
  else if (type === LIST) passList(view, left, depth);
  else if (type === STRUCT) passStruct(view, left, depth + 1);
  else throw new Error(`it has a value of type ${type}`);
}

function passList(view: DataView, left: Left, depth: number): void {
  if (depth > MOST_DEPTH) throw new Error('its lists nest too deep');
  const head = view.getUint8(left.at++);
  const size = head >> 4 === 15 ? readSize(view, left) : head >> 4;
  const element = head & 0x0f;
  // A boolean in a list has a byte, in a struct it has none.
  const type = element === TRUE || element === FALSE ? BYTE : element;
  for (let at = 0; at < size; at++) passValue(view, left, { type, depth: depth + 1 });
}

function passBytes(view: DataView, left: Left): void {
  const size = readSize(view, left);
  left.at += size;
}

/** A count of what takes a byte each, at the least. */
function readSize(view: DataView, left: Left): number {
  const size = passNumber(view, left);
  if (size > view.byteLength - left.at) throw new Error('it says that it extends beyond its end');
  return size;
}

/** The number, as far as a count needs it. */
function passNumber(view: DataView, left: Left): number {
  let number = 0;
  for (let digits = 0; digits < MOST_DIGITS; digits++) {
    const byte = view.getUint8(left.at++);
    number += (byte & 0x7f) * 2 ** (7 * digits);
    if (byte < 0x80) return number;
  }
  throw new Error('it has a number without an end');
}

/** Of 64 bits. */
const MOST_DIGITS = 10;
/** Parquet's own structs nest some ten levels. */
const MOST_DEPTH = 64;
/** Some 10,000 row groups of 20 columns have six million; a value takes some 100 bytes of memory. */
const MOST_VALUES = 8_000_000;
const [STOP, TRUE, FALSE, BYTE, I16, I32, I64, DOUBLE, BINARY, LIST, STRUCT] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 12];

/**
 * Columns of numbers that grow: what a pass over the collection remembers of each pair is a fixed number of bytes,
 * never its text.
 */
type Numbers = Uint8Array | Uint16Array | Int32Array | Uint32Array | Float64Array;

export interface Column {
  readonly length: number;
  push(value: number): void;
  at(index: number): number;
  set(index: number, value: number): void;
  /** Bytes an entry takes. */
  readonly width: number;
}

/** `expected`: so many entries it has room for from the start; as it grows past them it doubles. */
export const bytes = (expected = 0): Column => column((length) => new Uint8Array(length), expected);
export const shorts = (expected = 0): Column => column((length) => new Uint16Array(length), expected);
export const integers = (expected = 0): Column => column((length) => new Int32Array(length), expected);
export const doubles = (expected = 0): Column => column((length) => new Float64Array(length), expected);

function column<T extends Numbers>(allocate: (length: number) => T, expected: number): Column {
  let entries = allocate(Math.max(expected, 64));
  let length = 0;
  const grow = (): void => {
    const larger = allocate(entries.length * 2);
    larger.set(entries);
    entries = larger;
  };
  return {
    get length() {
      return length;
    },
    width: entries.BYTES_PER_ELEMENT,
    push(value) {
      if (length === entries.length) grow();
      entries[length++] = value;
    },
    at: (index) => entries[index] ?? 0,
    set(index, value) {
      entries[index] = value;
    },
  };
}

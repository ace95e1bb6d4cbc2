import { DIGEST_BYTES, type Digest, digestAt } from '../preferences/digest.ts';

/** Numbers tuples of 32-bit words 0, 1, 2… in the order in which they are first seen. */
export interface WordTable {
  readonly size: number;
  /** The number of the tuple that begins at `words[at]`: a new one if it was not there. */
  add(words: ArrayLike<number>, at: number): number;
  /** The word of a tuple that has this number. */
  word(number: number, place: number): number;
  /** Bytes held, whatever the tuples are of. */
  readonly bytes: number;
}

/**
 * Open addressing in typed arrays: a digest takes 16 bytes and 6 to 16 of slots, where a Map of strings takes over 100. It
 * has room for the tuples expected from the start; as it grows past them it doubles.
 */
export function wordTable(width: number, expected = 0): WordTable {
  const room = Math.max(expected, 64);
  let held = new Uint32Array(room * width);
  // A power of two, and at least a third of the slots free.
  let slots = new Int32Array(2 ** Math.ceil(Math.log2(room * 1.5))).fill(-1);
  let size = 0;

  /** Where the tuple's number is, or the free slot where it belongs. */
  const slotOf = (words: ArrayLike<number>, at: number): number => {
    const last = slots.length - 1;
    let slot = mix(words, at, width) & last;
    for (;;) {
      const number = slots[slot] ?? -1;
      if (number < 0) return slot;
      let place = 0;
      while (place < width && held[number * width + place] === words[at + place]) place++;
      if (place === width) return slot;
      slot = (slot + 1) & last;
    }
  };
  const grow = (): void => {
    const larger = new Uint32Array(held.length * 2);
    larger.set(held);
    held = larger;
    slots = new Int32Array(slots.length * 2).fill(-1);
    for (let number = 0; number < size; number++) slots[slotOf(held, number * width)] = number;
  };

  return {
    get size() {
      return size;
    },
    get bytes() {
      return held.byteLength + slots.byteLength;
    },
    add(words, at) {
      const slot = slotOf(words, at);
      const number = slots[slot] ?? -1;
      if (number >= 0) return number;
      for (let place = 0; place < width; place++) held[size * width + place] = words[at + place] ?? 0;
      slots[slot] = size++;
      if (size * width === held.length) grow();
      return size - 1;
    },
    word: (number, place) => held[number * width + place] ?? 0,
  };
}

/** Digests are mixed well already; numbers that follow each other are not. */
function mix(words: ArrayLike<number>, at: number, width: number): number {
  let mixed = 0;
  for (let place = 0; place < width; place++) {
    mixed = Math.imul(mixed ^ (words[at + place] ?? 0), 0x9e3779b1);
    mixed ^= mixed >>> 15;
  }
  return mixed;
}

export const DIGEST_WORDS = DIGEST_BYTES / 4;

/** The digest that has this number in a table of digests. */
export function digestIn(table: WordTable, number: number): Digest {
  const words = Uint32Array.from({ length: DIGEST_WORDS }, (_, place) => table.word(number, place));
  return digestAt(Buffer.from(words.buffer), 0);
}

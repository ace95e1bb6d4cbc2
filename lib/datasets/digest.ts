import { hash } from 'node:crypto';

/**
 * 128 bits of SHA-256: among a billion of them the chance of two alike is below 10^-20. With a seed they are also the
 * random order of samples and splits: it depends on what is drawn, not on where it stands.
 */
export type Digest = Uint8Array;

export const DIGEST_BYTES = 16;

export const digest = (text: string | Uint8Array): Digest => hash('sha256', text, 'buffer').subarray(0, DIGEST_BYTES);

/** The digest of digests, in order. */
export function digestOf(seed: number, ...parts: readonly Digest[]): Digest {
  const whole = new Uint8Array(8 + parts.length * DIGEST_BYTES);
  new DataView(whole.buffer).setFloat64(0, seed);
  for (const [index, part] of parts.entries()) whole.set(part, 8 + index * DIGEST_BYTES);
  return digest(whole);
}

export function compareDigests(a: Digest, b: Digest): number {
  for (let at = 0; at < DIGEST_BYTES; at++) {
    const difference = (a[at] ?? 0) - (b[at] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** Numbers digests 0, 1, 2… in the order in which they are first seen. */
export interface DigestTable {
  readonly size: number;
  /** The digest's number, a new one if it was not there. */
  add(digest: Digest): number;
  /** The digest's number, or -1. */
  find(digest: Digest): number;
  /** Compares two by number, as bytes. */
  compare(a: number, b: number): number;
  /** Bytes held, whatever the digests are of. */
  readonly bytes: number;
}

/**
 * Open addressing in typed arrays: 16 bytes a digest and 6 to 16 of slots, where a Map of strings takes over 100. It has
 * room for the digests expected from the start; as it grows past them it doubles.
 */
export function digestTable(expected = 0): DigestTable {
  const room = Math.max(expected, 64);
  let words = new Uint32Array(room * 4);
  // A power of two, and at least a third of the slots free.
  let slots = new Int32Array(2 ** Math.ceil(Math.log2(room * 1.5))).fill(-1);
  let size = 0;

  const same = (number: number, key: Words): boolean => {
    const at = number * 4;
    return words[at] === key[0] && words[at + 1] === key[1] && words[at + 2] === key[2] && words[at + 3] === key[3];
  };
  /** Where the key is, or the free slot where it belongs. */
  const slotOf = (key: Words): number => {
    let slot = key[0] & (slots.length - 1);
    for (;;) {
      const number = slots[slot] ?? -1;
      if (number < 0 || same(number, key)) return slot;
      slot = (slot + 1) & (slots.length - 1);
    }
  };
  const grow = (): void => {
    const larger = new Uint32Array(words.length * 2);
    larger.set(words);
    words = larger;
    slots = new Int32Array(slots.length * 2).fill(-1);
    for (let number = 0; number < size; number++) slots[slotOf(wordsAt(words, number))] = number;
  };

  return {
    get size() {
      return size;
    },
    get bytes() {
      return words.byteLength + slots.byteLength;
    },
    add(digest) {
      const key = wordsOf(digest);
      const slot = slotOf(key);
      const number = slots[slot] ?? -1;
      if (number >= 0) return number;
      words.set(key, size * 4);
      slots[slot] = size++;
      if (size * 4 === words.length) grow();
      return size - 1;
    },
    find: (digest) => slots[slotOf(wordsOf(digest))] ?? -1,
    compare(a, b) {
      for (let word = 0; word < 4; word++) {
        const difference = (words[a * 4 + word] ?? 0) - (words[b * 4 + word] ?? 0);
        if (difference !== 0) return difference;
      }
      return 0;
    },
  };
}

type Words = readonly [number, number, number, number];

function wordsOf(digest: Digest): Words {
  const view = new DataView(digest.buffer, digest.byteOffset, DIGEST_BYTES);
  return [view.getUint32(0), view.getUint32(4), view.getUint32(8), view.getUint32(12)];
}

function wordsAt(words: Uint32Array, number: number): Words {
  const at = number * 4;
  return [words[at] ?? 0, words[at + 1] ?? 0, words[at + 2] ?? 0, words[at + 3] ?? 0];
}

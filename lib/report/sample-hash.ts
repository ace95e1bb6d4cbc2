/**
 * Two hashes of 32 bits, as they are while text goes in (as FNV-1a does it, with two multipliers). They make a sample
 * random and yet the same each time. They are cheap, because every pair has one, and only samples depend on them.
 */
export interface HashState {
  readonly high: number;
  readonly low: number;
}

export const NO_HASH: HashState = { high: 0x811c9dc5, low: 0x9e3779b1 };

export function hashText({ high, low }: HashState, text: string): HashState {
  let [first, second] = [high, low];
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    first = Math.imul(first ^ unit, 0x01000193);
    second = Math.imul(second ^ unit, 0x5f356495);
  }
  // So that "a", "bc" is not "ab", "c".
  return hashNumber({ high: first, low: second }, text.length);
}

/** An offset can be larger than 32 bits hold, so both halves count. */
export function hashNumber({ high, low }: HashState, number: number): HashState {
  const [lower, upper] = [number | 0, Math.floor(number / 2 ** 32) | 0];
  return {
    high: Math.imul(mix(high ^ Math.imul(lower, 0x9e3779b1)) ^ upper, 0x01000193),
    low: Math.imul(mix(low ^ Math.imul(lower, 0x85ebca77)) ^ upper, 0x5f356495),
  };
}

/** The hash of what is at a place, in 52 bits as an integer: of a hundred million pairs about two share one. */
export const hashAt = ({ high, low }: HashState, place: number): number =>
  mix(high ^ Math.imul(place, 0x9e3779b1)) * 2 ** 20 + (mix(low ^ Math.imul(place, 0x85ebca77)) >>> 12);

/** Murmur3's finalizer. */
function mix(hash: number): number {
  let mixed = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}

import { hash } from 'node:crypto';

declare const digested: unique symbol;

/**
 * 128 bits of SHA-256, a byte a character (latin1): among a billion of them the chance of two alike is below 10^-20.
 * A string, so that digests compare, sort (byte by byte) and key maps as they are.
 */
export type Digest = string & { readonly [digested]: true };

export const DIGEST_BYTES = 16;

/** Of nothing: where there is nothing to digest. */
export const NO_DIGEST = '\0'.repeat(DIGEST_BYTES) as Digest;

/** Of UTF-16 text: of its UTF-8. */
export const digestText = (text: string): Digest => beginning(hash('sha256', text, 'binary'));

/** Of bytes, or of bytes that a string holds a byte a character. */
export const digestBytes = (bytes: string | Uint8Array): Digest =>
  beginning(hash('sha256', typeof bytes === 'string' ? toBytes(bytes) : bytes, 'binary'));

/** Most texts are copied to the same place: a buffer for each would be most of what is collected as garbage. */
function toBytes(text: string): Uint8Array {
  if (text.length > SCRATCH.length) return Buffer.from(text, 'latin1');
  return SCRATCH.subarray(0, SCRATCH.write(text, 'latin1'));
}

const SCRATCH = Buffer.allocUnsafeSlow(2 ** 16);

/** The digest of a seed and digests, in order. With a seed digests are also the random order of samples and splits. */
export function combineDigests(seed: number, ...parts: readonly Digest[]): Digest {
  const whole = Buffer.alloc(8 + parts.length * DIGEST_BYTES);
  whole.writeDoubleBE(seed);
  for (const [index, part] of parts.entries()) whole.write(part, 8 + index * DIGEST_BYTES, 'latin1');
  return digestBytes(whole);
}

// The brand is the one thing here that cannot be parsed into being.
const beginning = (sha256: string): Digest => sha256.slice(0, DIGEST_BYTES) as Digest;

/** The digest that stands in the bytes at `at`. */
export const digestAt = (bytes: Buffer, at: number): Digest =>
  bytes.toString('latin1', at, at + DIGEST_BYTES) as Digest;

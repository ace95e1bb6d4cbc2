import { crc32 as crc32Of } from 'node:zlib';

/** CRC-32 (IEEE) of `bytes`, continuing from `seed`. */
export const crc32 = (bytes: Uint8Array, seed = 0): number => crc32Of(bytes, seed);

/**
 * The CRC-32 of A followed by B, from their checksums and B's length alone: what lets a composed object be verified
 * without reading it. (zlib's crc32_combine: append zeros to A by squaring the "one zero bit" operator in GF(2).)
 */
export function combineCrc32(a: number, b: number, bytesOfB: number): number {
  let crc = a;
  // Numbers, not int32: an object's length goes past 2^32.
  for (let left = bytesOfB, power = 0; left > 0; left = Math.floor(left / 2), power++) {
    if (left % 2 === 1) crc = times(zeroBytes(power), crc);
  }
  return (crc ^ b) >>> 0;
}

/** As S3 writes it: big-endian, base64. */
export function crc32Base64(crc: number): string {
  const bytes = new Uint8Array([crc >>> 24, crc >>> 16, crc >>> 8, crc]);
  return btoa(String.fromCharCode(...bytes));
}

/** A 32×32 matrix over GF(2), one column a number. */
type Operator = readonly number[];

const times = (operator: Operator, vector: number): number => {
  let sum = 0;
  for (let bit = 0, rest = vector; rest !== 0; bit++, rest >>>= 1) if (rest & 1) sum ^= operator[bit] ?? 0;
  return sum >>> 0;
};
const square = (operator: Operator): Operator => operator.map((column) => times(operator, column));

/** 0xedb88320 is CRC-32's polynomial, reflected. */
const ONE_ZERO_BIT: Operator = [0xedb88320, ...Array.from({ length: 31 }, (_, bit) => 2 ** bit)];
/** Appends 2^n zero bytes, by n: at most 53 of them, made as they are needed. */
const ZERO_BYTES: Operator[] = [];
const zeroBytes = (power: number): Operator =>
  (ZERO_BYTES[power] ??= square(power === 0 ? square(square(ONE_ZERO_BIT)) : zeroBytes(power - 1)));

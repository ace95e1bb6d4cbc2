import { createHash } from 'node:crypto';

/**
 * 64 bits of an example id: enough to see whether one may repeat. Ids that NAT could take for one (1, 1.0, true, "1")
 * have one digest; a chance meeting of two others costs a look at the index, no more.
 */
export const idDigest = (id: string): bigint => createHash('sha256').update(coarse(id)).digest().readBigUInt64BE();

/** Sorted, eight bytes each. */
export function packDigests(digests: readonly bigint[]): Uint8Array {
  const sorted = BigUint64Array.from(digests).sort();
  const packed = Buffer.alloc(8 * sorted.length);
  for (const [position, digest] of sorted.entries()) packed.writeBigUInt64BE(digest, 8 * position);
  return packed;
}

/** Whether a digest stands twice in what `packDigests` made of several shards. */
export function anyRepeats(packed: readonly Uint8Array[]): boolean {
  const all = new BigUint64Array(packed.reduce((sum, { length }) => sum + length / 8, 0));
  let at = 0;
  for (const part of packed) {
    const view = Buffer.from(part.buffer, part.byteOffset, part.length);
    for (let from = 0; from < view.length; from += 8) all[at++] = view.readBigUInt64BE(from);
  }
  all.sort();
  return all.some((digest, position) => position > 0 && digest === all[position - 1]);
}

const coarse = (id: string): string => {
  if (id === 'true') return '1';
  if (id === 'false') return '0';
  return /^-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?$/.test(id) ? String(Number(id)) : id;
};

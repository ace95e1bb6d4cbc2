import { createGunzip } from 'node:zlib';
import { inPieces } from './byte-reader.ts';
import {
  type Decompressed,
  type Decompressor,
  decompress,
  INFLATED_CHUNK_BYTES,
  inflating,
  PIECE_BYTES,
} from './inflating.ts';

/** zlib gets pieces of one size: of a damaged stream it gives more or less, depending on where its input was cut. */
export const gunzip = (compressed: AsyncIterable<Uint8Array>): Decompressed =>
  decompress(inPieces(compressed, PIECE_BYTES), {
    open: openInflater,
    bytesOf: (piece) => piece.length,
    broken: (at, how) => ({
      at,
      reason: 'broken_gzip',
      detail: `the gzip stream is damaged or cut off (${how})`,
    }),
    bomb: {
      ratio: MAX_RATIO,
      reason: 'gzip_bomb',
      detail: `it inflates to more than ${MAX_RATIO} times its size, more than any trace; if it is a trace, store it uncompressed`,
    },
  });

/**
 * Uncompressed bytes a compressed one, of a stream larger than one item may be. Steps that repeat one prompt of 30 KB, with
 * nothing new but a UUID and a time, come to 120, one short line a million times to 350; deflate can do 1,032.
 */
export const MAX_RATIO = 500;

function openInflater(): Decompressor<Uint8Array> {
  const zlib = createGunzip({ chunkSize: INFLATED_CHUNK_BYTES });
  const inflater = inflating(zlib);
  let given = 0;
  let behindEnd: string | undefined;
  return {
    ...inflater,
    async take(piece) {
      const isBehind = given > zlib.bytesWritten;
      given += piece.length;
      const chunks = isBehind ? [] : await inflater.take(piece);
      // Past the end of all members zlib takes nothing more; some writers fill up with zeros there.
      const rest = piece.subarray(Math.max(0, piece.length - (given - zlib.bytesWritten)));
      if (rest.some((byte) => byte !== 0)) behindEnd ??= 'other bytes follow its end';
      return chunks;
    },
    damage: () => inflater.damage() ?? behindEnd,
  };
}

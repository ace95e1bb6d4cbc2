import { createGunzip } from 'node:zlib';
import { type ItemReason, MAX_ITEM_BYTES } from '../record.ts';
import { inPieces } from './byte-reader.ts';
import { INFLATED_CHUNK_BYTES, inflating } from './inflating.ts';

export interface Gunzipped {
  readonly bytes: AsyncIterable<Uint8Array>;
  /** After the stream's end: why it ended early, and at which uncompressed byte. */
  ending(): BadEnding | undefined;
}

export interface BadEnding {
  readonly at: number;
  readonly reason: Extract<ItemReason, 'broken_gzip' | 'gzip_bomb'>;
  readonly detail: string;
}

/**
 * Decompresses as it reads. Damage ends the stream instead of throwing, so that the items before it are kept, and so does
 * a stream that inflates as no trace does; errors of the source itself (a changed input, say) are thrown as they are.
 *
 * What comes out depends on the compressed bytes alone, not on how they arrive: zlib gets them in pieces of one size,
 * because of a damaged stream it gives more or less, depending on where its input was cut.
 */
export function gunzip(compressed: AsyncIterable<Uint8Array>): Gunzipped {
  let ending: BadEnding | undefined;
  async function* bytes(): AsyncGenerator<Uint8Array> {
    const inflater = openInflater();
    let at = 0;
    let read = 0;
    try {
      for await (const piece of inPieces(compressed, PIECE_BYTES)) {
        read += piece.length;
        for (const chunk of await inflater.take(piece)) {
          at += chunk.length;
          yield chunk;
        }
        ending = inflater.damage(at) ?? (at > MAX_ITEM_BYTES && at > MAX_RATIO * read ? bomb(at) : undefined);
        if (ending) return;
      }
      for (const chunk of await inflater.end()) {
        at += chunk.length;
        yield chunk;
      }
      ending = inflater.damage(at);
    } finally {
      inflater.close();
    }
  }
  return { bytes: bytes(), ending: () => ending };
}

/**
 * Uncompressed bytes a compressed one, of a stream larger than one item may be. Steps that repeat one prompt of 30 KB, with
 * nothing new but a UUID and a time, come to 120, one short line a million times to 350; deflate can do 1,032.
 */
export const MAX_RATIO = 500;

const bomb = (at: number): BadEnding => ({
  at,
  reason: 'gzip_bomb',
  detail: `it inflates to more than ${MAX_RATIO} times its size, more than any trace; if it is a trace, store it uncompressed`,
});

const broken = (at: number, how: string): BadEnding => ({
  at,
  reason: 'broken_gzip',
  detail: `the gzip stream is damaged or cut off (${how})`,
});

function openInflater() {
  const zlib = createGunzip({ chunkSize: INFLATED_CHUNK_BYTES });
  const { write, end, damage, close } = inflating(zlib);
  let given = 0;
  let behindEnd: string | undefined;
  return {
    async take(piece: Uint8Array): Promise<readonly Uint8Array[]> {
      const isBehind = given > zlib.bytesWritten;
      given += piece.length;
      const chunks = isBehind ? [] : await write(piece);
      // Past the end of all members zlib takes nothing more; some writers fill up with zeros there.
      const rest = piece.subarray(Math.max(0, piece.length - (given - zlib.bytesWritten)));
      if (rest.some((byte) => byte !== 0)) behindEnd ??= 'other bytes follow its end';
      return chunks;
    },
    end,
    damage(at: number): BadEnding | undefined {
      const how = damage() ?? behindEnd;
      return how === undefined ? undefined : broken(at, how);
    },
    close,
  };
}

/** Small, because all that a piece inflates to is held at once: 16 MiB at most. */
const PIECE_BYTES = 16_384;

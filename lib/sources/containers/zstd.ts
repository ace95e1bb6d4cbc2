import { createZstdDecompress, zstdDecompressSync } from 'node:zlib';
import { type ItemReason, MAX_ITEM_BYTES } from '../record.ts';
import { INFLATED_CHUNK_BYTES, type Inflating, inflating } from './inflating.ts';
import { type FrameDamage, type FramePart, readFrames } from './zstd-frames.ts';

export interface Decompressed {
  readonly bytes: AsyncIterable<Uint8Array>;
  /** After the stream's end: why it ended early, and at which uncompressed byte. */
  ending(): { readonly at: number; readonly reason: ItemReason; readonly detail: string } | undefined;
}

/**
 * Decompresses all frames as it reads. Damage ends the stream instead of throwing, so that the records before it are
 * kept; errors of the source itself (a changed input, say) are thrown as they are. What comes out depends on the
 * compressed bytes alone, not on how they arrive.
 */
export function unzstd(compressed: AsyncIterable<Uint8Array>): Decompressed {
  let ending: ReturnType<Decompressed['ending']>;
  async function* bytes(): AsyncGenerator<Uint8Array> {
    const decompressor = openDecompressor();
    let at = 0;
    let read = 0;
    try {
      for await (const part of readFrames(compressed)) {
        read += 'damage' in part ? part.rest.length : part.bytes.length;
        for (const chunk of await decompressor.take(part)) {
          at += chunk.length;
          yield chunk;
        }
        const damage = decompressor.damage() ?? ('damage' in part ? part.damage : undefined);
        if (damage !== undefined) ending = broken(at, damage);
        else if (at > MAX_ITEM_BYTES && at > MAX_ZSTD_RATIO * read) ending = bomb(at);
        if (ending) return;
      }
    } finally {
      decompressor.close();
    }
  }
  return { bytes: bytes(), ending: () => ending };
}

/**
 * Uncompressed bytes a compressed one, of a stream larger than one record may be. Lines that repeat one prompt of 80 KB
 * before another short answer come to 1,100, where deflate, which looks back 32 KB, has 500 at most (see `gunzip`); zeros
 * come to 30,000.
 */
export const MAX_ZSTD_RATIO = 5_000;

const bomb = (at: number) => ({
  at,
  reason: 'zstd_bomb' as const,
  detail: `it decompresses to more than ${MAX_ZSTD_RATIO} times its size, more than any records; if it holds records, store it uncompressed`,
});

const broken = (at: number, how: string) => ({
  at,
  reason: 'broken_zstd' as const,
  detail: /too much memory/.test(how)
    ? 'it looks back further than 128 MiB; compress it again without --long'
    : `the zstd stream is damaged or cut off after ${at} bytes of text (${how})`,
});

function openDecompressor() {
  let frame: Inflating | undefined;
  let damage: string | undefined;
  const write = async (bytes: Buffer, begins: boolean): Promise<readonly Uint8Array[]> => {
    if (begins || !frame) {
      frame?.close();
      frame = inflating(createZstdDecompress({ chunkSize: INFLATED_CHUNK_BYTES }));
    }
    const chunks = await frame.write(bytes);
    damage ??= frame.damage();
    return chunks;
  };
  return {
    async take(part: FramePart | FrameDamage): Promise<readonly Uint8Array[]> {
      if ('damage' in part) return part.rest.length > 4 ? write(part.rest, part.begins) : [];
      const whole = part.begins && part.ends ? atOnce(part.bytes) : undefined;
      if (whole) return [whole];
      // By itself, because a write that ends in an error gives nothing.
      const behindText = part.bytes.length - part.checksumBytes;
      const chunks = await write(part.bytes.subarray(0, behindText), part.begins);
      if (part.checksumBytes > 0 && damage === undefined) await write(part.bytes.subarray(behindText), false);
      return chunks;
    },
    damage: () => damage,
    close: () => frame?.close(),
  };
}

/** A small frame, four times as fast; undefined where it is damaged: the stream gives what there is before the damage. */
function atOnce(frame: Buffer): Buffer | undefined {
  try {
    return zstdDecompressSync(frame);
  } catch {
    return undefined;
  }
}

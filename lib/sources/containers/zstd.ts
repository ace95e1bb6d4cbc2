import { createZstdDecompress, zstdDecompressSync } from 'node:zlib';
import { type Decompressed, type Decompressor, decompress, INFLATED_CHUNK_BYTES, inflating } from './inflating.ts';
import { type FrameDamage, type FramePart, readFrames } from './zstd-frames.ts';

/** Decompresses all frames. */
export const unzstd = (compressed: AsyncIterable<Uint8Array>): Decompressed =>
  decompress(readFrames(compressed), {
    open: openDecompressor,
    bytesOf: (part) => ('damage' in part ? part.rest : part.bytes).length,
    broken: (at, how) => ({
      at,
      reason: 'broken_zstd',
      detail: /too much memory/.test(how)
        ? 'it looks back further than 128 MiB; compress it again without --long'
        : `the zstd stream is damaged or cut off after ${at} bytes of text (${how})`,
    }),
    bomb: {
      ratio: MAX_ZSTD_RATIO,
      reason: 'zstd_bomb',
      detail: `it decompresses to more than ${MAX_ZSTD_RATIO} times its size, more than any records; if it holds records, store it uncompressed`,
    },
  });

/**
 * Uncompressed bytes a compressed one, of a stream larger than one record may be. Lines that repeat one prompt of 80 KB
 * before another short answer come to 1,100, where deflate, which looks back 32 KB, has 500 at most (see `gunzip`); zeros
 * come to 30,000.
 */
export const MAX_ZSTD_RATIO = 5_000;

function openDecompressor(): Decompressor<FramePart | FrameDamage> {
  let frame: Decompressor<Uint8Array> | undefined;
  let damage: string | undefined;
  const write = async (bytes: Buffer, begins: boolean): Promise<readonly Uint8Array[]> => {
    if (begins || !frame) {
      frame?.close();
      frame = inflating(createZstdDecompress({ chunkSize: INFLATED_CHUNK_BYTES }));
    }
    const chunks = await frame.take(bytes);
    damage ??= frame.damage();
    return chunks;
  };
  return {
    async take(part) {
      if ('damage' in part) {
        const chunks = part.rest.length > 4 ? await write(part.rest, part.begins) : [];
        damage ??= part.damage;
        return chunks;
      }
      const whole = part.begins && part.ends ? atOnce(part.bytes) : undefined;
      if (whole) return [whole];
      // By itself, because a write that ends in an error gives nothing.
      const behindText = part.bytes.length - part.checksumBytes;
      const chunks = await write(part.bytes.subarray(0, behindText), part.begins);
      if (part.checksumBytes > 0 && damage === undefined) await write(part.bytes.subarray(behindText), false);
      return chunks;
    },
    // The parts say where the last frame ends.
    end: async () => [],
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

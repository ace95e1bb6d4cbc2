import { type ByteReader, readInParts } from './byte-reader.ts';

/** Some whole blocks of a frame, with its header where they are its first and its checksum where they are its last. */
export interface FramePart {
  readonly bytes: Buffer;
  readonly begins: boolean;
  readonly ends: boolean;
  /** How many bytes at its end are the frame's checksum. */
  readonly checksumBytes: number;
}

/** Where a stream of frames stops early: in the middle of one, or at something that is none. */
export interface FrameDamage {
  readonly damage: string;
  /** What there is of the part that is not whole. */
  readonly rest: Buffer;
  readonly begins: boolean;
}

/**
 * The frames of a zstd stream, in parts that depend on its bytes alone. Node's zstd stops after the first frame without
 * a word; which bytes are whose is in the headers of frames and blocks (RFC 8878, 3.1.1).
 */
export async function* readFrames(stream: AsyncIterable<Uint8Array>): AsyncGenerator<FramePart | FrameDamage> {
  const reader = readInParts(stream);
  try {
    for (;;) {
      const magic = await reader.take(4);
      if (magic.length === 0) return;
      if (isSkippable(magic)) {
        const size = await reader.take(4);
        if (size.length < 4 || (await reader.skip(size.readUInt32LE())) < size.readUInt32LE()) {
          yield { damage: CUT, rest: Buffer.alloc(0), begins: true };
          return;
        }
        continue;
      }
      if (magic.length < 4 || magic.readUInt32LE() !== FRAME_MAGIC) {
        // Some writers fill up with zeros.
        if (magic.every((byte) => byte === 0)) continue;
        yield { damage: magic.length < 4 ? CUT : 'other bytes follow its end', rest: magic, begins: true };
        return;
      }
      let whole = false;
      for await (const part of readFrame(reader, magic)) {
        yield part;
        whole = 'ends' in part && part.ends;
      }
      if (!whole) return;
    }
  } finally {
    await reader.close();
  }
}

async function* readFrame(reader: ByteReader, magic: Buffer): AsyncGenerator<FramePart | FrameDamage> {
  const descriptor = await reader.take(1);
  const flags = descriptor[0] ?? 0;
  const header = await reader.take(headerBytes(flags));
  let held: Buffer[] = [magic, descriptor, header];
  let begins = true;
  if (descriptor.length === 0 || header.length < headerBytes(flags)) {
    yield { damage: CUT, rest: Buffer.concat(held), begins };
    return;
  }
  for (let blocks = 1; ; blocks++) {
    const head = await reader.take(3);
    const size = head.length < 3 ? 0 : blockBytes(head.readUIntLE(0, 3));
    const isLast = head.length === 3 && (head.readUIntLE(0, 3) & 1) === 1;
    const content = await reader.take(size);
    const checksum = isLast && (flags & HAS_CHECKSUM) !== 0 ? 4 : 0;
    const sum = await reader.take(checksum);
    held.push(head, content, sum);
    if (head.length < 3 || content.length < size || sum.length < checksum) {
      yield { damage: CUT, rest: Buffer.concat(held), begins };
      return;
    }
    if (!isLast && blocks < BLOCKS_A_PART) continue;
    yield { bytes: Buffer.concat(held), begins, ends: isLast, checksumBytes: checksum };
    if (isLast) return;
    begins = false;
    held = [];
    blocks = 0;
  }
}

/** What follows the descriptor: window, dictionary id and content size, each of the length that the descriptor says. */
const headerBytes = (flags: number): number => {
  const isSingleSegment = (flags & 0x20) !== 0;
  const dictionary = [0, 1, 2, 4][flags & 3] ?? 0;
  const contentSize = [isSingleSegment ? 1 : 0, 2, 4, 8][flags >> 6] ?? 0;
  return (isSingleSegment ? 0 : 1) + dictionary + contentSize;
};

/** A block that repeats one byte (type 1) is that byte. */
const blockBytes = (head: number): number => (((head >> 1) & 3) === 1 ? 1 : head >> 3);

/** Whether a frame begins with these four bytes, or something to pass over. */
export const beginsZstd = (magic: Buffer): boolean =>
  magic.length === 4 && (magic.readUInt32LE() === FRAME_MAGIC || isSkippable(magic));

const isSkippable = (magic: Buffer): boolean =>
  magic.length === 4 && (magic.readUInt32LE() & 0xfffffff0) >>> 0 === 0x184d2a50;

const FRAME_MAGIC = 0xfd2fb528;
const HAS_CHECKSUM = 4;
const CUT = 'it is cut off';
/** A block is at most 128 KiB of text: what a part decompresses to, at most 2 MiB, is held at once. */
const BLOCKS_A_PART = 16;

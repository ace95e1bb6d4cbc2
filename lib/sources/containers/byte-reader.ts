/** Takes a stream apart from front to back. What it gives may share memory with the stream's chunks. */
export interface ByteReader {
  /** The next bytes; fewer only where the stream ends. */
  take(bytes: number): Promise<Buffer>;
  /** Passes over bytes; gives how many there were. */
  skip(bytes: number): Promise<number>;
  /** The next bytes, in chunks as they arrive; fewer only where the stream ends. */
  pass(bytes: number): AsyncGenerator<Uint8Array>;
  close(): Promise<void>;
}

export function readInParts(stream: AsyncIterable<Uint8Array>): ByteReader {
  const chunks = stream[Symbol.asyncIterator]();
  let held: Buffer = Buffer.alloc(0);
  /** Up to so many bytes of one chunk; none at the stream's end. */
  const next = async (most: number): Promise<Buffer> => {
    while (held.length === 0) {
      const chunk = await chunks.next();
      if (chunk.done) return held;
      held = Buffer.from(chunk.value.buffer, chunk.value.byteOffset, chunk.value.length);
    }
    const part = held.subarray(0, most);
    held = held.subarray(part.length);
    return part;
  };
  async function* pass(bytes: number): AsyncGenerator<Uint8Array> {
    for (let left = bytes; left > 0; ) {
      const part = await next(left);
      if (part.length === 0) return;
      left -= part.length;
      yield part;
    }
  }
  return {
    pass,
    async take(bytes) {
      const first = await next(bytes);
      if (first.length === bytes || first.length === 0) return first;
      const parts: Uint8Array[] = [first];
      for await (const part of pass(bytes - first.length)) parts.push(part);
      return Buffer.concat(parts);
    },
    async skip(bytes) {
      let skipped = 0;
      for await (const part of pass(bytes)) skipped += part.length;
      return skipped;
    },
    async close() {
      await chunks.return?.();
    },
  };
}

/** The stream in pieces of one size, whatever its chunks are; the last may be shorter. */
export async function* inPieces(stream: AsyncIterable<Uint8Array>, bytes: number): AsyncGenerator<Buffer> {
  const reader = readInParts(stream);
  try {
    for (let piece = await reader.take(bytes); piece.length > 0; piece = await reader.take(bytes)) yield piece;
  } finally {
    await reader.close();
  }
}

/** The first `bytes` bytes, and the whole stream again, in the chunks that it has. */
export async function peek(
  stream: AsyncIterable<Uint8Array>,
  bytes: number,
): Promise<[Buffer, AsyncIterable<Uint8Array>]> {
  const chunks = stream[Symbol.asyncIterator]();
  const seen: Uint8Array[] = [];
  let length = 0;
  while (length < bytes) {
    const next = await chunks.next();
    if (next.done) break;
    seen.push(next.value);
    length += next.value.length;
  }
  return [Buffer.concat(seen).subarray(0, bytes), again(seen, chunks)];
}

async function* again(seen: readonly Uint8Array[], rest: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield* seen;
    for (let next = await rest.next(); !next.done; next = await rest.next()) yield next.value;
  } finally {
    await rest.return?.();
  }
}

/** All of a stream in one piece of memory; undefined where it is larger than `most` bytes. */
export async function readWhole(stream: AsyncIterable<Uint8Array>, most: number): Promise<Buffer | undefined> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const part of stream) {
    length += part.length;
    if (length > most) return undefined;
    parts.push(part);
  }
  return Buffer.concat(parts, length);
}

import { CorruptObject } from '../errors.ts';

/** Looks at ranges of a stream's bytes, each beginning behind the one before it. */
export interface ByteCursor {
  /**
   * Reads on until the bytes from `start` to before `end` are held, and lets go what lies before them. The bytes held, and
   * the offset of their first one.
   */
  reach(start: number, end: number): Held | Promise<Held>;
  /** Reads what is left. */
  finish(): Promise<void>;
}

export interface Held {
  readonly held: Buffer;
  readonly base: number;
}

/** Holds a chunk of the stream, or two where a range lies across them. Throws {@link CorruptObject} past the stream's end. */
export function byteCursor(stream: AsyncIterable<Uint8Array>): ByteCursor {
  const chunks = stream[Symbol.asyncIterator]();
  let now: Held = { held: Buffer.alloc(0), base: 0 };

  async function readOn(start: number, end: number): Promise<Held> {
    while (now.base + now.held.length < end) {
      const next = await chunks.next();
      const { held, base } = now;
      if (next.done) {
        throw new CorruptObject(
          `A text should end at byte ${end}, but the file ends at ${base + held.length}; start the run under another run id.`,
        );
      }
      const chunk = Buffer.from(next.value.buffer, next.value.byteOffset, next.value.length);
      const left = held.subarray(Math.min(held.length, Math.max(0, start - base)));
      now = {
        held: left.length === 0 ? chunk : Buffer.concat([left, chunk]),
        base: base + held.length - left.length,
      };
    }
    return now;
  }
  return {
    // Without a promise where the bytes are here: most pairs lie in one chunk.
    reach: (start, end) => (now.base + now.held.length < end ? readOn(start, end) : now),
    async finish() {
      for (let next = await chunks.next(); !next.done; next = await chunks.next());
    },
  };
}

import type { Transform } from 'node:stream';
import type { Zlib } from 'node:zlib';
import { type ItemReason, MAX_ITEM_BYTES, reject, type Span } from '../record.ts';

export interface Decompressed {
  readonly bytes: AsyncIterable<Uint8Array>;
  /** After the stream's end: why it ended early, and at which uncompressed byte. */
  ending(): BadEnding | undefined;
}

export interface BadEnding {
  readonly at: number;
  readonly reason: ItemReason;
  readonly detail: string;
}

/** A decompressor that is fed a part at a time. Damage ends it instead of throwing. */
export interface Decompressor<Part> {
  /** What the part decompresses to. */
  take(part: Part): Promise<readonly Uint8Array[]>;
  /** What is left when no more parts come. A stream that stops early is damaged. */
  end(): Promise<readonly Uint8Array[]>;
  /** What is damaged. */
  damage(): string | undefined;
  close(): void;
}

interface Compression<Part> {
  readonly open: () => Decompressor<Part>;
  readonly bytesOf: (part: Part) => number;
  readonly broken: (at: number, how: string) => BadEnding;
  /** Of a stream larger than one record may be: the most uncompressed bytes a compressed one, and what it is beyond. */
  readonly bomb?: { readonly ratio: number; readonly reason: ItemReason; readonly detail: string };
}

/**
 * Decompresses as it reads. Damage ends the stream instead of throwing, so that the records before it are kept, and so
 * does a stream that grows as none of records does; errors of the source itself (a changed input, say) are thrown as they
 * are. What comes out depends on the parts alone, not on how their bytes arrive.
 */
export function decompress<Part>(
  parts: AsyncIterable<Part>,
  { open, bytesOf, broken, bomb }: Compression<Part>,
): Decompressed {
  let ending: BadEnding | undefined;
  async function* bytes(): AsyncGenerator<Uint8Array> {
    const decompressor = open();
    let at = 0;
    let read = 0;
    const damaged = (): BadEnding | undefined => {
      const how = decompressor.damage();
      return how === undefined ? undefined : broken(at, how);
    };
    try {
      for await (const part of parts) {
        read += bytesOf(part);
        for (const chunk of await decompressor.take(part)) {
          at += chunk.length;
          yield chunk;
        }
        const isBomb = bomb && at > MAX_ITEM_BYTES && at > bomb.ratio * read;
        ending = damaged() ?? (isBomb ? { at, reason: bomb.reason, detail: bomb.detail } : undefined);
        if (ending) return;
      }
      for (const chunk of await decompressor.end()) {
        at += chunk.length;
        yield chunk;
      }
      ending = damaged();
    } finally {
      decompressor.close();
    }
  }
  return { bytes: bytes(), ending: () => ending };
}

/** Said after the records that came out whole: a cut download loses its last record, not its first ones. */
export function* readEnding({ ending }: Decompressed): Generator<Span<never>> {
  const ended = ending();
  if (ended) yield { offset: ended.at, bytes: 0, ...reject(ended.reason, ended.detail) };
}

/** One of zlib's own, fed a piece at a time. */
export function inflating(zlib: Transform & Zlib): Decompressor<Uint8Array> {
  let inflated: Uint8Array[] = [];
  let damage: string | undefined;
  let ended = false;
  zlib.on('data', (chunk: Uint8Array) => inflated.push(chunk));
  zlib.on('error', (error: Error) => {
    damage ??= error.message;
  });
  zlib.on('end', () => {
    ended = true;
  });
  const taken = (): readonly Uint8Array[] => {
    const chunks = inflated;
    inflated = [];
    return chunks;
  };
  return {
    async take(piece) {
      if (!ended) await written(zlib, piece);
      return taken();
    },
    async end() {
      if (!ended) await new Promise<void>((resolve) => zlib.once('close', resolve).end());
      return taken();
    },
    damage: () => damage,
    close: () => zlib.close(),
  };
}

/** Until the piece is taken, or will never be: one that is damaged, or goes on behind the end, is not called back. */
const written = (zlib: Transform, piece: Uint8Array): Promise<void> =>
  new Promise((resolve) => {
    const done = () => {
      zlib.off('close', done);
      zlib.off('end', done);
      resolve();
    };
    zlib.once('close', done);
    zlib.once('end', done);
    zlib.write(piece, done);
  });

/** Small, because all that a piece inflates to is held at once: 16 MiB at most. */
export const PIECE_BYTES = 16_384;
/** Four times zlib's own: fewer ways to its thread and back. Of a damaged stream as much may be missing before the damage. */
export const INFLATED_CHUNK_BYTES = 65_536;

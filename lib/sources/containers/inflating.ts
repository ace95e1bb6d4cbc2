import type { Transform } from 'node:stream';
import type { Zlib } from 'node:zlib';

/** A decompressor that is fed a piece at a time. Damage ends it instead of throwing. */
export interface Inflating {
  /** What the piece inflates to. */
  write(piece: Uint8Array): Promise<readonly Uint8Array[]>;
  /** What is left when no more pieces come. A stream that stops early is damaged. */
  end(): Promise<readonly Uint8Array[]>;
  /** What zlib says of the damage. */
  damage(): string | undefined;
  close(): void;
}

export function inflating(zlib: Transform & Zlib): Inflating {
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
    async write(piece) {
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

/** Four times zlib's own: fewer ways to its thread and back. Of a damaged stream as much may be missing before the damage. */
export const INFLATED_CHUNK_BYTES = 65_536;

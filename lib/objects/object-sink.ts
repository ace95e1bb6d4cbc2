import type { ObjectStore, WriteOptions, Written } from './store.ts';
import type { Utf8 } from './utf8.ts';

/** An object being written, text by text. */
export interface ObjectSink {
  /** Bytes taken so far: where the next text will begin. */
  readonly bytes: number;
  /** Takes the text; a promise means: wait for it, the store is behind. */
  write(text: Utf8): Promise<void> | undefined;
  /** The same of text that is not encoded yet. */
  writeText(text: string): Promise<void> | undefined;
  /** Copies bytes from `start` to before `end`. */
  copy(bytes: Buffer, start: number, end: number): Promise<void> | undefined;
  /** Ends the object. `exists`: with `ifAbsent`, another one stands there already. */
  close(): Promise<Written | 'exists'>;
  /** Gives the object up: nothing is left of it. */
  abort(): Promise<void>;
}

/** Writes through `store.write`, holding at most `CHUNKS_AHEAD` chunks. */
export function openSink(store: ObjectStore, key: string, options?: WriteOptions): ObjectSink {
  const queue: Uint8Array[] = [];
  let state: 'open' | 'closed' | 'aborted' = 'open';
  /** Made when there is something to put in: most shards lose nothing, and their second file stays empty. */
  let chunk: Buffer | undefined;
  let used = 0;
  let bytes = 0;
  let failure: { readonly error: unknown } | undefined;
  let wakeReader = noop;
  let wakeWriter = noop;

  async function* chunks(): AsyncGenerator<Uint8Array> {
    for (;;) {
      const next = queue.shift();
      wakeWriter();
      if (next) yield next;
      else if (state === 'aborted') throw new Aborted(`writing ${key} was given up`);
      else if (state === 'closed') return;
      else await new Promise<void>((resolve) => (wakeReader = resolve));
    }
  }
  const written = store.write(key, chunks(), options);
  written.catch((error: unknown) => {
    failure = { error };
    wakeWriter();
  });

  const send = (full: Uint8Array): void => {
    queue.push(full);
    wakeReader();
  };
  const flush = (): void => {
    if (!chunk) return;
    send(chunk.subarray(0, used));
    chunk = undefined;
    used = 0;
  };
  const drained = async (): Promise<void> => {
    while (queue.length >= CHUNKS_AHEAD && !failure) await new Promise<void>((resolve) => (wakeWriter = resolve));
    if (failure) throw failure.error;
  };

  /** A caller that writes a line in pieces awaits the last one's: a failure that the others tell as well is no news. */
  const behind = (): Promise<void> => {
    const waiting = drained();
    waiting.catch(noop);
    return waiting;
  };

  const take = (text: string, encoding: 'latin1' | 'utf8', most: number): Promise<void> | undefined => {
    if (most > CHUNK_BYTES - used) flush();
    if (most > CHUNK_BYTES) {
      const encoded = Buffer.from(text, encoding);
      bytes += encoded.length;
      send(encoded);
    } else {
      chunk ??= Buffer.allocUnsafeSlow(CHUNK_BYTES);
      const length = chunk.write(text, used, encoding);
      bytes += length;
      used += length;
    }
    return queue.length >= CHUNKS_AHEAD || failure ? behind() : undefined;
  };

  return {
    get bytes() {
      return bytes;
    },
    write: (text) => take(text, 'latin1', text.length),
    // A UTF-16 unit is at most three bytes of UTF-8.
    writeText: (text) => take(text, 'utf8', 3 * text.length),
    copy(source, start, end) {
      for (let at = start; at < end; ) {
        if (used === CHUNK_BYTES) flush();
        chunk ??= Buffer.allocUnsafeSlow(CHUNK_BYTES);
        const length = source.copy(chunk, used, at, end);
        at += length;
        used += length;
      }
      bytes += end - start;
      return queue.length >= CHUNKS_AHEAD || failure ? behind() : undefined;
    },
    async close() {
      flush();
      state = 'closed';
      wakeReader();
      return written;
    },
    async abort() {
      state = 'aborted';
      queue.length = 0;
      wakeReader();
      await written.catch(noop);
    },
  };
}

class Aborted extends Error {}

/** 256 KiB a chunk, two ahead: enough to keep a store busy. */
const CHUNK_BYTES = 262_144;
const CHUNKS_AHEAD = 2;
const noop = (): void => {};

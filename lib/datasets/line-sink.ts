import type { ObjectStore, Written } from '../store.ts';

/** A file that is written a line at a time. */
export interface LineSink {
  /** Adds the line and its end; wait for the promise, where there is one, before the next. */
  line(text: string): Promise<void> | void;
  /** Ends the file: what was written. */
  close(): Promise<Written>;
  /** Gives the file up. */
  abort(cause: unknown): Promise<void>;
}

/** Text gathered before it is handed on, in UTF-16 code units, and how many such pieces may wait for the store. */
const PIECE = 262_144;
const WAITING = 4;

/** A line sink over {@link ObjectStore.write}: a slow store makes the writer wait instead of piling lines up. */
export function storeLineSink(store: ObjectStore, key: string): LineSink {
  const pieces = pipe();
  const encoder = new TextEncoder();
  let text: string[] = [];
  let length = 0;
  // The outcome is looked at when the file is closed, or when a line finds the pipe broken.
  const writing = store.write(key, pieces.output).then(
    (written) => {
      if (written === 'exists') throw new Error(`${store.name} refused to replace ${key}.`);
      return written;
    },
    (cause: unknown) => {
      pieces.breakOff(cause);
      throw cause;
    },
  );
  writing.catch(() => {});

  const flush = (): Promise<void> | void => {
    if (length === 0) return;
    const piece = encoder.encode(text.join(''));
    text = [];
    length = 0;
    return pieces.put(piece);
  };
  return {
    line(line) {
      text.push(line, '\n');
      length += line.length + 1;
      return length < PIECE ? undefined : flush();
    },
    async close() {
      await flush();
      pieces.end();
      return writing;
    },
    async abort(cause) {
      pieces.fail(cause);
      await writing.catch(() => {});
    },
  };
}

interface Pipe {
  readonly output: AsyncIterable<Uint8Array>;
  /** Resolves when there is room for more; rejects when the reader has stopped. */
  put(piece: Uint8Array): Promise<void>;
  end(): void;
  /** Ends the output with an error. */
  fail(cause: unknown): void;
  /** The reader has stopped: nothing more can be put. */
  breakOff(cause: unknown): void;
}

/** An async iterable that is filled from outside and holds at most {@link WAITING} pieces. */
function pipe(): Pipe {
  const queue: Uint8Array[] = [];
  let ended: { readonly cause?: unknown } | undefined;
  let broken: { readonly cause: unknown } | undefined;
  let changed = Promise.withResolvers<void>();
  const tell = (): void => {
    changed.resolve();
    changed = Promise.withResolvers();
  };
  async function* output(): AsyncGenerator<Uint8Array> {
    for (;;) {
      const piece = queue.shift();
      if (piece) {
        tell();
        yield piece;
      } else if (ended) {
        if ('cause' in ended) throw ended.cause;
        return;
      } else {
        await changed.promise;
      }
    }
  }
  return {
    output: output(),
    async put(piece) {
      while (queue.length >= WAITING && !broken) await changed.promise;
      if (broken) throw broken.cause;
      queue.push(piece);
      tell();
    },
    end() {
      ended = {};
      tell();
    },
    fail(cause) {
      ended = { cause };
      queue.length = 0;
      tell();
    },
    breakOff(cause) {
      broken = { cause };
      tell();
    },
  };
}

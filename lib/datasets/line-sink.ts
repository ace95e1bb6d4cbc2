import { openSink } from '../objects/object-sink.ts';
import type { ObjectStore, Written } from '../objects/store.ts';

/** A file that is written a line at a time. */
export interface LineSink {
  /** Adds the line and its end; wait for the promise, where there is one, before the next. */
  line(text: string): Promise<void> | undefined;
  /** Ends the file: what was written. */
  close(): Promise<Written>;
  /** Gives the file up. */
  abort(): Promise<void>;
}

/** A line sink over {@link ObjectStore.write}: a slow store makes the writer wait instead of piling lines up. */
export function storeLineSink(store: ObjectStore, key: string): LineSink {
  const sink = openSink(store, key);
  return {
    line: (text) => sink.writeText(`${text}\n`),
    async close() {
      const written = await sink.close();
      if (written === 'exists') throw new Error(`${store.name} refused to replace ${key}.`);
      return written;
    },
    abort: sink.abort,
  };
}

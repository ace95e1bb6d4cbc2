import type { ObjectSink } from '../lib/objects/object-sink.ts';
import { toUtf8, type Utf8, utf8Of } from '../lib/objects/utf8.ts';

/** A sink that hands over each line when it is whole. A line's end is the end of what is written at once. */
export function lineSink(take: (line: string) => void): ObjectSink {
  let bytes = 0;
  let open = '';
  const write = (text: Utf8): undefined => {
    bytes += text.length;
    open += text;
    if (!text.endsWith('\n')) return;
    take(Buffer.from(open.slice(0, -1), 'latin1').toString());
    open = '';
  };
  return {
    get bytes() {
      return bytes;
    },
    write,
    writeText: (text) => write(toUtf8(text)),
    copy: (source, start, end) => write(utf8Of(source, start, end)),
    // Its lines are taken already: there is nothing to sum up.
    close: async () => ({ bytes, crc32: 0 }),
    abort: async () => {},
  };
}

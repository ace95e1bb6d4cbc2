/** A line without its line end. */
export interface Line {
  readonly bytes: Uint8Array;
  /** Byte at which it begins. */
  readonly start: number;
  /** One past its line end. */
  readonly end: number;
  /** It has a line end; the last line may have none. */
  readonly terminated: boolean;
}

/** The lines (LF or CRLF) of a stream, however its chunks are cut. An empty rest after the last line end is no line. */
export async function* linesOf(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Line> {
  let pieces: Uint8Array[] = [];
  let start = 0;
  let at = 0;
  for await (const chunk of chunks) {
    let from = 0;
    for (let feed = chunk.indexOf(LF); feed !== -1; feed = chunk.indexOf(LF, from)) {
      pieces.push(chunk.subarray(from, feed));
      from = feed + 1;
      yield { bytes: withoutCr(joined(pieces)), start, end: at + from, terminated: true };
      pieces = [];
      start = at + from;
    }
    if (from < chunk.length) pieces.push(chunk.subarray(from));
    at += chunk.length;
  }
  if (pieces.length > 0) yield { bytes: joined(pieces), start, end: at, terminated: false };
}

/** One piece as it is: most lines lie within a chunk. */
const joined = (pieces: readonly Uint8Array[]): Uint8Array => {
  const [only] = pieces;
  return only && pieces.length === 1 ? only : Buffer.concat(pieces);
};

const withoutCr = (bytes: Uint8Array) => (bytes.at(-1) === CR ? bytes.subarray(0, -1) : bytes);

const LF = 0x0a;
const CR = 0x0d;

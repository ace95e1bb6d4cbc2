import type { Slice } from '../../contract/plan.ts';
import type { ReadItem, Span } from '../record.ts';
import { readArrayItems } from './array.ts';
import { gunzip } from './gunzip.ts';
import { readLineItems } from './lines.ts';
import { HEAD_BYTES, sniff } from './sniff.ts';

/** The bytes of one pinned object from `start` on, to its end or to before `end`. */
export type OpenBytes = (start: number, end?: number) => AsyncIterable<Uint8Array>;

/** Reads JSON lines from a stream that begins as {@link readLineItems} wants it. */
export type ReadLines<Item> = (
  stream: AsyncIterable<Uint8Array>,
  range: { readonly start: number; readonly end: number },
) => AsyncIterable<Span<Item>>;

/**
 * The trace items that begin in the slice, in file order, each read by `read`, and in their places the spans that are no
 * items, with the reason. Holds one item at a time (at most MAX_ITEM_BYTES) and a chunk or two of the stream.
 */
export async function* readItems<Item>(
  open: OpenBytes,
  slice: Pick<Slice, 'cut' | 'start' | 'end' | 'object_bytes'>,
  read: ReadItem<Item>,
  readLines: ReadLines<Item> = (stream, range) => readLineItems(stream, range, read),
): AsyncGenerator<Span<Item>> {
  // Whatever stands behind the last item is the last slice's to tell.
  const range = { start: slice.start, end: slice.end < slice.object_bytes ? slice.end : Number.POSITIVE_INFINITY };
  if (slice.cut === 'lines') {
    yield* readLines(bytesFrom(open, Math.max(slice.start - 1, 0), slice), range);
  } else if (slice.cut === 'array') {
    yield* readArrayItems(bytesFrom(open, slice.start, slice), range, read);
  } else {
    yield* readWholeObject(open, slice.object_bytes, read, readLines);
  }
}

async function* readWholeObject<Item>(
  open: OpenBytes,
  bytes: number,
  read: ReadItem<Item>,
  readLines: ReadLines<Item>,
): AsyncGenerator<Span<Item>> {
  const [head, whole] = await peek(open(0, bytes), HEAD_BYTES);
  const form = sniff(head);
  const everything = { start: 0, end: Number.POSITIVE_INFINITY };
  if (form === 'empty') return;
  if (form === 'lines') yield* readLines(whole, everything);
  else if (form === 'array') yield* readArrayItems(whole, everything, read);
  else if (form === 'gzip') yield* readGzip(whole, read, readLines);
  else yield { offset: 0, bytes, rejected: { reason: 'not_traces', detail: form.unreadable, exampleId: null } };
}

async function* readGzip<Item>(
  compressed: AsyncIterable<Uint8Array>,
  read: ReadItem<Item>,
  readLines: ReadLines<Item>,
): AsyncGenerator<Span<Item>> {
  const stream = gunzip(compressed);
  const [head, whole] = await peek(stream.bytes, HEAD_BYTES);
  const form = sniff(head);
  const everything = { start: 0, end: Number.POSITIVE_INFINITY };
  if (form === 'lines') yield* readLines(whole, everything);
  else if (form === 'array') yield* readArrayItems(whole, everything, read);
  else if (form === 'gzip') {
    yield {
      offset: 0,
      bytes: head.length,
      rejected: { reason: 'not_traces', detail: 'it is compressed twice', exampleId: null },
    };
  } else if (form !== 'empty') {
    yield {
      offset: 0,
      bytes: head.length,
      rejected: { reason: 'not_traces', detail: form.unreadable, exampleId: null },
    };
  }
  // Said after the items that came out whole: a cut download loses its last item, not its first ones.
  const ending = stream.ending();
  if (ending) {
    const { at, reason, detail } = ending;
    yield { offset: at, bytes: 0, rejected: { reason, detail, exampleId: null } };
  }
}

/** First what the slice covers, then, for the item that goes on past its end, small steps until the reader has it. */
async function* bytesFrom(
  open: OpenBytes,
  start: number,
  slice: Pick<Slice, 'end' | 'object_bytes'>,
): AsyncGenerator<Uint8Array> {
  yield* open(start, slice.end);
  // 1 MiB holds the rest of most items; doubling reaches a large one in few requests.
  for (let at = slice.end, step = 1 << 20; at < slice.object_bytes; at += step, step *= 2) {
    yield* open(at, Math.min(at + step, slice.object_bytes));
  }
}

/** The first `bytes` bytes, and the whole stream again. */
async function peek(
  stream: AsyncIterable<Uint8Array>,
  bytes: number,
): Promise<[Uint8Array, AsyncIterable<Uint8Array>]> {
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

import type { Slice } from '../../contract/plan.ts';
import { type ReadItem, reject, type Span } from '../record.ts';
import { peek } from './byte-reader.ts';
import type { ByteRange, ContainerSpan } from './container.ts';
import { gunzip } from './gunzip.ts';
import { readIndentedArray } from './indented-array.ts';
import { readEnding } from './inflating.ts';
import { readLineItems } from './lines.ts';
import { readArray } from './read-array.ts';
import { type Form, HEAD_BYTES, sniff } from './sniff.ts';

/** The bytes of one pinned object from `start` on, to its end or to before `end`. */
export type OpenBytes = (start: number, end?: number) => AsyncIterable<Uint8Array>;

/** What a slice says of the bytes to read. The key of a cut array is for an error: it may not be indented after all. */
export type Extent =
  | (Range & { readonly cut: 'lines' | null })
  | (Range & { readonly cut: 'array'; readonly indentation: string; readonly key: string });
type Range = Pick<Slice, 'start' | 'end' | 'object_bytes'>;

interface Readers<Item> {
  readonly read: ReadItem<Item>;
  /** JSON lines, in a stream that begins as {@link readLineItems} wants it. */
  readonly readLines: (stream: AsyncIterable<Uint8Array>, range: ByteRange) => AsyncIterable<Span<Item>>;
  /** An object that is neither JSON lines nor an array, nor a gzip of one. */
  readonly readOther: (object: OtherObject) => AsyncIterable<ContainerSpan<Item>>;
}

/**
 * The trace items that begin in the slice, in file order, each read by `read`, and in their places the spans that are no
 * items, with the reason. Holds one item at a time (at most MAX_ITEM_BYTES) and a chunk or two of the stream.
 */
export async function* readItems<Item>(
  open: OpenBytes,
  slice: Extent,
  read: ReadItem<Item>,
  readLines: Readers<Item>['readLines'] = (stream, range) => readLineItems(stream, range, read),
  readOther: Readers<Item>['readOther'] = refuseOther,
): AsyncGenerator<ContainerSpan<Item>> {
  // Whatever stands behind the last item is the last slice's to tell.
  const range = { start: slice.start, end: slice.end < slice.object_bytes ? slice.end : Number.POSITIVE_INFINITY };
  if (slice.cut === 'lines') {
    yield* readLines(bytesFrom(open, Math.max(slice.start - 1, 0), slice), range);
  } else if (slice.cut === 'array') {
    const lines = { ...range, indentation: slice.indentation, cut: slice.key };
    yield* readIndentedArray(bytesFrom(open, slice.start, slice), lines, read);
  } else {
    yield* readWholeObject(open, slice.object_bytes, { read, readLines, readOther });
  }
}

export interface OtherObject {
  /** What its first bytes say against JSON lines and arrays. */
  readonly why: string;
  readonly bytes: number;
  /** Its first bytes, and all of it, which is open already. */
  readonly head: Buffer;
  readonly whole: AsyncIterable<Uint8Array>;
}

async function* refuseOther({ why, bytes }: OtherObject): AsyncGenerator<ContainerSpan<never>> {
  yield noTraces(why, bytes);
}

async function* readWholeObject<Item>(
  open: OpenBytes,
  bytes: number,
  readers: Readers<Item>,
): AsyncGenerator<ContainerSpan<Item>> {
  const [head, whole] = await peek(open(0, bytes), HEAD_BYTES);
  const form = sniff(head);
  if (form.kind === 'gzip') yield* readGzip(whole, readers);
  else if (form.kind === 'unreadable') yield* readers.readOther({ why: form.why, bytes, head, whole });
  else yield* readText(form, whole, readers);
}

async function* readText<Item>(
  form: Extract<Form, { kind: 'lines' | 'array' | 'empty' }>,
  text: AsyncIterable<Uint8Array>,
  { read, readLines }: Readers<Item>,
): AsyncGenerator<Span<Item>> {
  if (form.kind === 'lines') yield* readLines(text, { start: 0, end: Number.POSITIVE_INFINITY });
  else if (form.kind === 'array') yield* readArray(text, form.indentation, read);
}

async function* readGzip<Item>(
  compressed: AsyncIterable<Uint8Array>,
  readers: Readers<Item>,
): AsyncGenerator<ContainerSpan<Item>> {
  const stream = gunzip(compressed);
  const [head, whole] = await peek(stream.bytes, HEAD_BYTES);
  const form = sniff(head);
  if (form.kind === 'gzip') yield { offset: 0, bytes: head.length, ...reject('nested_container', COMPRESSED_TWICE) };
  else if (form.kind === 'unreadable') yield noTraces(form.why, head.length);
  else yield* readText(form, whole, readers);
  yield* readEnding(stream);
}

const COMPRESSED_TWICE = 'it is compressed twice; decompress it once';

const noTraces = (detail: string, bytes: number): Span<never> => ({
  offset: 0,
  bytes,
  ...reject('not_traces', detail),
});

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

import type { ContainerSlice, Slice } from '../../contract/plan.ts';
import type { ContainerSpan, PinnedObject } from '../../sources/containers/container.ts';
import { CONTAINERS, readCompressed } from '../../sources/containers/containers.ts';
import { gunzip } from '../../sources/containers/gunzip.ts';
import { valueReader } from '../../sources/containers/json-value.ts';
import { unzstd } from '../../sources/containers/zstd.ts';
import { isObject } from '../../sources/json/exact-json.ts';
import type { RejectedItem } from '../../sources/record.ts';
import type { RecordPlace, SourceFormat } from '../../sources/source-format.ts';
import { type Deps, storeOf } from '../deps.ts';
import { joinArchive } from './join-archive.ts';
import { joinObjects } from './join-objects.ts';

/** A record of the source, or what is in the place of one. */
export type RecordSpan = {
  readonly place: RecordPlace;
  /** Of the record, uncompressed. */
  readonly bytes: number;
} & ({ readonly record: unknown } | RejectedItem);

/** The records that begin in the slices, as the format takes them: joined, or taken out of a document's list. */
export async function* readRecords(
  slices: readonly ContainerSlice[],
  format: SourceFormat,
  deps: Deps,
): AsyncGenerator<RecordSpan> {
  const joinEntries = format.kind === 'records' ? format.joinEntries : undefined;
  const objects = slices.filter(({ container }) => container !== 'zip');
  const joins = joinEntries?.(objects.map(({ key }) => key)) ?? [];
  if (joins.length > 0) yield* joinObjects(joins, objects, deps);
  for (const slice of slices) {
    if (slice.container === 'zip' && joinEntries) yield* joinArchive(slice, joinEntries, deps);
    else if (joins.length === 0 || slice.container === 'zip') yield* takeOut(readSlice(slice, deps), format);
  }
}

/** The slice's records, as its container holds them. */
export async function* readSlice(slice: ContainerSlice, deps: Deps): AsyncGenerator<RecordSpan> {
  for await (const span of readSpans(slice, deps)) yield toRecordSpan(slice.key, span);
}

export const toRecordSpan = (key: string, span: ContainerSpan<unknown>): RecordSpan => {
  const { entry, row, offset, bytes } = span;
  const place = {
    key: entry === undefined ? key : `${key}!/${entry}`,
    offset,
    ...(row === undefined ? {} : { row }),
  };
  return 'item' in span ? { place, bytes, record: span.item } : { place, bytes, rejected: span.rejected };
};

export function openSlice(slice: Slice, deps: Deps): PinnedObject {
  const store = storeOf(slice.bucket, deps);
  const pin = { version: slice.version, etag: slice.etag };
  return {
    key: slice.key,
    bytes: slice.object_bytes,
    open: (start, end) => store.read(slice.key, { pin, start, end }),
  };
}

function readSpans(slice: ContainerSlice, deps: Deps): AsyncGenerator<ContainerSpan<unknown>> {
  const { container, text, start, end } = slice;
  const object = openSlice(slice, deps);
  if (text !== undefined && (container === 'gzip' || container === 'zstd')) {
    return readCompressed(object, container === 'gzip' ? gunzip : unzstd, valueReader, text);
  }
  return CONTAINERS[container].read(object, { start, end }, valueReader);
}

/** Of a JSON document that is one object, the elements of the list that the format names are the records. */
async function* takeOut(spans: AsyncIterable<RecordSpan>, format: SourceFormat): AsyncGenerator<RecordSpan> {
  const listKey = format.kind === 'records' ? format.listKey : undefined;
  for await (const span of spans) {
    const document = 'record' in span && isObject(span.record) ? span.record : undefined;
    const list = listKey === undefined ? undefined : document?.[listKey];
    if (listKey === undefined || !Array.isArray(list)) {
      yield span;
      continue;
    }
    const bytes = Math.floor(span.bytes / Math.max(list.length, 1));
    for (const element of list) yield { place: span.place, bytes, record: { document, [listKey]: element } };
  }
}

import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from 'node:zlib';
import { type AsyncBuffer, type ColumnMetaData, type Compressors, parquetScan } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import type { JsonObject } from '../json/exact-json.ts';
import { MAX_ITEM_BYTES, type RejectedItem, reject } from '../record.ts';
import { MAX_VALUES } from '../value-cap.ts';
import { readInParts } from './byte-reader.ts';
import type { ContainerSpan, PinnedObject } from './container.ts';
import type { FileColumn } from './parquet-columns.ts';
import { broken, endOf, type Group, type ParquetFile, sizeOf, startOf, takeOwn } from './parquet-file.ts';
import { type CheckedPage, checkingCompressors, checkPages } from './parquet-pages.ts';
import { NOT_UTF8, PARSERS } from './parquet-values.ts';
import { watchStore } from './watched-store.ts';
import { MAX_ZSTD_RATIO } from './zstd.ts';

interface Row {
  readonly value: JsonObject;
  readonly jsonBytes: number;
}
type RowOrNot = { readonly item: Row } | RejectedItem;

/** A damaged group is rejected whole, or from the batch on that holds the damage. */
export async function* readGroup(
  object: PinnedObject,
  file: ParquetFile,
  group: Group,
): AsyncGenerator<ContainerSpan<Row>> {
  const store = watchStore(object);
  let row = 0;
  const place = (from: number, to: number) => ({
    row: group.firstRow + from,
    offset: group.start,
    bytes: Math.floor((to * group.bytes) / group.rows) - Math.floor((from * group.bytes) / group.rows),
  });
  try {
    for await (const rows of readBatches(store.object, file, group)) {
      for (const value of rows) {
        yield { ...place(row, row + 1), ...value };
        row++;
      }
    }
  } catch (error) {
    store.throwIfFailed();
    const what = `its row group at byte ${group.start}, from row ${group.firstRow + row} on,`;
    yield { ...place(row, group.rows), ...broken(what, error) };
  }
}

/**
 * The group's rows, so many at a time that memory depends on the file's compressed bytes and not on what becomes of
 * them. Nested columns cannot be read by rows and are held whole.
 */
async function* readBatches(
  object: PinnedObject,
  file: ParquetFile,
  group: Group,
): AsyncGenerator<readonly RowOrNot[]> {
  if (group.rows === 0) return;
  const { columns, flatBytes } = await openGroup(object, file, group);
  const nested = new Map<OpenColumn, readonly unknown[]>();
  for (const column of columns) if (column.isNested) nested.set(column, await column.read(0, group.rows));
  const most = countBatchRows({ rows: group.rows, columns: columns.length, flatBytes });
  for (let from = 0; from < group.rows; from += most) {
    const to = Math.min(from + most, group.rows);
    const values: (readonly unknown[])[] = [];
    for (const column of columns) values.push(nested.get(column)?.slice(from, to) ?? (await column.read(from, to)));
    yield Array.from({ length: to - from }, (_, at) => toRow(columns, values, at));
  }
}

/** By their bytes, and by their values: a page of a few bytes may hold millions. */
export function countBatchRows(group: Readonly<Record<'rows' | 'columns' | 'flatBytes', number>>): number {
  const { rows, columns, flatBytes } = group;
  const byBytes = Math.ceil(rows / Math.ceil(Math.max(1, flatBytes) / BATCH_BYTES));
  return Math.max(1, Math.min(byBytes, Math.floor(MAX_VALUES / columns)));
}

interface OpenColumn extends Pick<FileColumn, 'name' | 'isNested'> {
  /** Rows count from the group's first. */
  readonly read: (from: number, to: number) => Promise<readonly unknown[]>;
}

/** Its columns, and how their values are read. */
async function openGroup(object: PinnedObject, { metadata, columns }: ParquetFile, group: Group) {
  const file = await readGroupBytes(object, group);
  const chunks = Map.groupBy(group.rowGroup.columns, ({ meta_data }) => meta_data?.path_in_schema[0]);
  const work = { cells: 0, nestedCells: 0, pages: 0, flatBytes: 0, nestedBytes: 0 };
  const checked = columns.map((column) => {
    const own = chunks.get(column.name) ?? [];
    const parts = own.flatMap(({ meta_data }) => meta_data ?? []);
    return { column, own, parts, pages: checkColumn(column, parts, { file, group, work }) };
  });
  requireMemory(work, group);
  const open = async ({ column, own, parts, pages }: (typeof checked)[number]): Promise<OpenColumn> => {
    const { name, isNested, toJson } = column;
    const rowGroup = { ...group.rowGroup, columns: own };
    const scan = await parquetScan({
      file: file.of(parts),
      metadata: { ...metadata, schema: column.schema, row_groups: [rowGroup], num_rows: rowGroup.num_rows },
      compressors: checkingCompressors(COMPRESSORS, pages),
      parsers: PARSERS,
      utf8: false,
      geoparquet: false,
      useOffsetIndex: false,
    });
    const read = async (rowStart: number, rowEnd: number): Promise<readonly unknown[]> => {
      const values: readonly unknown[] = Array.from(await scan.readColumn({ column: name, rowStart, rowEnd }));
      if (values.length !== rowEnd - rowStart) {
        throw new Error(`a column has ${values.length} of ${rowEnd - rowStart} values`);
      }
      return toJson ? values.map((value) => (value === null || value === undefined ? null : toJson(value))) : values;
    };
    return { name, isNested, read };
  };
  return { columns: await Promise.all(checked.map(open)), flatBytes: work.flatBytes };
}

function toRow(columns: readonly OpenColumn[], values: readonly (readonly unknown[])[], at: number): RowOrNot {
  const row: Record<string, unknown> = {};
  let jsonBytes = 2;
  for (let column = 0; column < columns.length; column++) {
    const name = columns[column]?.name ?? '';
    const value = values[column]?.[at] ?? null;
    row[name] = value;
    jsonBytes += name.length + sizeInJson(value);
  }
  return Number.isNaN(jsonBytes) ? BAD_TEXT : { item: { value: row, jsonBytes } };
}

const BAD_TEXT = reject('invalid_utf8', 'a text in it is not UTF-8');

/** About; NaN where there is text that is not UTF-8. */
function sizeInJson(value: unknown): number {
  if (typeof value === 'string') return value.length + 4;
  if (typeof value !== 'object' || value === null) return value === NOT_UTF8 ? Number.NaN : 8;
  let bytes = 4;
  if (Array.isArray(value)) for (const element of value) bytes += sizeInJson(element);
  else for (const name in value) bytes += name.length + sizeInJson(Reflect.get(value, name));
  return bytes;
}

type GroupBytes = Awaited<ReturnType<typeof readGroupBytes>>;

/** The bytes of the group's columns. Each has its own memory, so that none is copied. */
async function readGroupBytes(object: PinnedObject, group: Group) {
  const inOrder = group.columns.toSorted((a, b) => startOf(a) - startOf(b));
  const first = inOrder[0] ? startOf(inOrder[0]) : 0;
  const behind = inOrder.reduce((end, column) => Math.max(end, endOf(column)), first);
  if (behind - first > MAX_GROUP_BYTES) {
    throw new Error(`it is larger than ${MAX_GROUP_BYTES} bytes; write row groups of fewer rows`);
  }
  if (behind > object.bytes) throw new Error('it extends beyond the end of the file');
  const chunks = new Map<ColumnMetaData, ArrayBuffer>();
  const reader = readInParts(object.open(first, behind));
  try {
    let at = first;
    for (const column of inOrder) {
      if (startOf(column) < at) throw new Error('its columns share bytes');
      await reader.skip(startOf(column) - at);
      at = endOf(column);
      chunks.set(column, await takeOwn(reader, sizeOf(column)));
    }
  } finally {
    await reader.close();
  }
  const chunkOf = (column: ColumnMetaData) => Buffer.from(chunks.get(column) ?? new ArrayBuffer());
  /** The columns as a file that has nothing else. */
  const of = (columns: readonly ColumnMetaData[]): AsyncBuffer => ({
    byteLength: object.bytes,
    slice(start, end = behind) {
      const exact = columns.find((column) => startOf(column) === start && endOf(column) === end);
      const chunk = exact && chunks.get(exact);
      if (chunk) return chunk;
      // The columns of a struct or of a list, which hyparquet takes together where they are small.
      const together = Buffer.from(new ArrayBuffer(end - start));
      for (const column of columns) {
        if (startOf(column) >= start && endOf(column) <= end) chunkOf(column).copy(together, startOf(column) - start);
      }
      return together.buffer;
    },
  });
  return { chunkOf, of };
}

/** What decoding a group takes, summed up over its columns. `cells`: values by the levels that each is below. */
type Work = Record<'cells' | 'nestedCells' | 'pages' | 'flatBytes' | 'nestedBytes', number>;

function checkColumn(
  column: FileColumn,
  chunks: readonly ColumnMetaData[],
  { file, group, work }: { readonly file: GroupBytes; readonly group: Group; readonly work: Work },
): readonly CheckedPage[] {
  return chunks.flatMap((chunk) => {
    const path = column.leaves.get(JSON.stringify(chunk.path_in_schema));
    if (!path) throw new Error('a column is not in its schema');
    const most = MOST_PAGES - work.pages;
    const { pages, values, uncompressedBytes } = checkPages(file.chunkOf(chunk), chunk, { path, most });
    if (column.isNested ? values < group.rows : values !== group.rows) {
      throw new Error(`a column has ${values} values for ${group.rows} rows`);
    }
    const cells = values * (path.length - 1);
    work.cells += cells;
    work.pages += pages.length;
    work[column.isNested ? 'nestedBytes' : 'flatBytes'] += uncompressedBytes;
    if (column.isNested) work.nestedCells += cells;
    return pages;
  });
}

/** So many pages that are compressed: what is known of each is held, some 600 bytes. */
const MOST_PAGES = 200_000;

function requireMemory({ cells, nestedCells, flatBytes, nestedBytes }: Work, group: Group): void {
  const most = Math.max(MAX_ITEM_BYTES, MAX_ZSTD_RATIO * group.bytes);
  if (flatBytes + nestedBytes > most) throw new Error(`it decompresses to more than ${MAX_ZSTD_RATIO} times its size`);
  // A value takes eight bytes, however it is written.
  if (8 * cells > most) throw new Error(`it has ${cells} values, more than ${MAX_ZSTD_RATIO} times its size`);
  if (nestedBytes > MAX_GROUP_BYTES || 8 * nestedCells > MAX_GROUP_BYTES) {
    throw new Error(`its lists and structs are larger than ${MAX_GROUP_BYTES} bytes; write row groups of fewer rows`);
  }
}
/** Node's own where it has them: several times as fast. */
const COMPRESSORS: Compressors = {
  SNAPPY: compressors.SNAPPY,
  LZ4: compressors.LZ4,
  LZ4_RAW: compressors.LZ4_RAW,
  GZIP: (input, length) => gunzipSync(input, { maxOutputLength: length }),
  BROTLI: (input, length) => brotliDecompressSync(input, { maxOutputLength: length }),
  ZSTD: (input, length) => zstdDecompressSync(input, { maxOutputLength: length }),
};

/** 512 MiB: a row group's bytes, and what its nested columns decompress to, are held at once. */
const MAX_GROUP_BYTES = 536_870_912;
/** 64 MiB of uncompressed flat columns. */
const BATCH_BYTES = 67_108_864;

import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from 'node:zlib';
import {
  type AsyncBuffer,
  type ColumnMetaData,
  type Compressors,
  type FileMetaData,
  parquetScan,
  parquetSchema,
  type SchemaTree,
} from 'hyparquet';
import { getTreePath } from 'hyparquet/src/schema.js';
import { compressors } from 'hyparquet-compressors';
import type { JsonObject } from '../json/exact-json.ts';
import { MAX_ITEM_BYTES } from '../record.ts';
import { readInParts } from './byte-reader.ts';
import { type ContainerRejection, type PinnedObject, reject } from './container.ts';
import { broken, endOf, type Group, type ParquetFile, sizeOf, startOf, takeOwn } from './parquet-file.ts';
import { checkingCompressors, checkPages } from './parquet-pages.ts';
import { NOT_UTF8, PARSERS, type ToJson, toJsonOf } from './parquet-values.ts';
import { watchStore } from './watched-store.ts';
import { MAX_ZSTD_RATIO } from './zstd.ts';

interface Row {
  readonly row: JsonObject;
  readonly jsonBytes: number;
}
type RowOrNot = Row | { readonly rejected: ContainerRejection };
interface RowSpan {
  readonly row: number;
  readonly offset: number;
  readonly bytes: number;
  readonly value: RowOrNot;
}

/** A damaged group is rejected whole, or from the batch on that holds the damage. */
export async function* readGroup(
  object: PinnedObject,
  { metadata }: ParquetFile,
  group: Group,
): AsyncGenerator<RowSpan> {
  const store = watchStore(object);
  let row = 0;
  const place = (from: number, to: number) => ({
    row: group.firstRow + from,
    offset: group.start,
    bytes: Math.floor((to * group.bytes) / group.rows) - Math.floor((from * group.bytes) / group.rows),
  });
  try {
    for await (const rows of readBatches(store.object, metadata, group)) {
      for (const value of rows) {
        yield { ...place(row, row + 1), value };
        row++;
      }
    }
  } catch (error) {
    store.throwIfFailed();
    const what = `its row group at byte ${group.start}, from row ${group.firstRow + row} on,`;
    yield { ...place(row, group.rows), value: broken(what, error) };
  }
}

interface Column {
  readonly name: string;
  readonly toJson: ToJson | undefined;
  readonly isNested: boolean;
}

/**
 * The group's rows, so many at a time that memory depends on the file's compressed bytes and not on what becomes of
 * them. Nested columns cannot be read by rows and are held whole.
 */
async function* readBatches(
  object: PinnedObject,
  metadata: FileMetaData,
  group: Group,
): AsyncGenerator<readonly RowOrNot[]> {
  if (group.rows === 0) return;
  const { columns, read, flatBytes } = await openGroup(object, metadata, group);
  const nested = new Map<Column, readonly unknown[]>();
  for (const column of columns) if (column.isNested) nested.set(column, await read(column, 0, group.rows));
  const rowsABatch = Math.ceil(group.rows / Math.ceil(Math.max(1, flatBytes) / BATCH_BYTES));
  for (let from = 0; from < group.rows; from += rowsABatch) {
    const to = Math.min(from + rowsABatch, group.rows);
    const values: (readonly unknown[])[] = [];
    for (const column of columns) {
      values.push(nested.get(column)?.slice(from, to) ?? (await read(column, from, to)));
    }
    yield Array.from({ length: to - from }, (_, at) => toRow(columns, values, at));
  }
}

/** Its columns, and how their values are read, for rows that count from the group's first. */
async function openGroup(object: PinnedObject, metadata: FileMetaData, group: Group) {
  const file = await readGroupBytes(object, group);
  const schema = parquetSchema(metadata);
  const { pages, flatBytes } = checkColumns(file, group, schema);
  const scan = await parquetScan({
    file,
    metadata: { ...metadata, row_groups: [group.rowGroup], num_rows: group.rowGroup.num_rows },
    compressors: checkingCompressors(COMPRESSORS, pages),
    parsers: PARSERS,
    utf8: false,
    geoparquet: false,
    useOffsetIndex: false,
  });
  const read = async ({ name, toJson }: Column, rowStart: number, rowEnd: number): Promise<readonly unknown[]> => {
    const values: readonly unknown[] = Array.from(await scan.readColumn({ column: name, rowStart, rowEnd }));
    if (values.length !== rowEnd - rowStart) {
      throw new Error(`a column has ${values.length} of ${rowEnd - rowStart} values`);
    }
    return toJson ? values.map((value) => (value === null || value === undefined ? null : toJson(value))) : values;
  };
  return { columns: schema.children.map(toColumn), read, flatBytes };
}

function toColumn(schema: SchemaTree): Column {
  const { name } = schema.element;
  if (name === '__proto__') throw new Error('a column is named "__proto__"; rename it');
  return { name, toJson: toJsonOf(schema), isNested: isNested(schema) };
}

function toRow(columns: readonly Column[], values: readonly (readonly unknown[])[], at: number): RowOrNot {
  const row: Record<string, unknown> = {};
  let jsonBytes = 2;
  for (let column = 0; column < columns.length; column++) {
    const name = columns[column]?.name ?? '';
    const value = values[column]?.[at] ?? null;
    row[name] = value;
    jsonBytes += name.length + sizeInJson(value);
  }
  return Number.isNaN(jsonBytes) ? BAD_TEXT : { row, jsonBytes };
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

interface GroupFile extends AsyncBuffer {
  chunkOf(column: ColumnMetaData): Buffer;
}

/** The bytes of the group's columns, as a file that has nothing else. Each has its own memory, so that none is copied. */
async function readGroupBytes(object: PinnedObject, group: Group): Promise<GroupFile> {
  const inOrder = group.columns.toSorted((a, b) => startOf(a) - startOf(b));
  const first = Math.min(...inOrder.map(startOf));
  const behind = Math.max(...inOrder.map(endOf));
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
  return {
    byteLength: object.bytes,
    chunkOf,
    slice(start, end = behind) {
      const exact = inOrder.find((column) => startOf(column) === start && endOf(column) === end);
      const chunk = exact && chunks.get(exact);
      if (chunk) return chunk;
      // The columns of a struct or of a list, which hyparquet takes together where they are small.
      const together = Buffer.from(new ArrayBuffer(end - start));
      for (const column of inOrder) {
        if (startOf(column) >= start && endOf(column) <= end) chunkOf(column).copy(together, startOf(column) - start);
      }
      return together.buffer;
    },
  };
}

function checkColumns(file: GroupFile, group: Group, schema: SchemaTree) {
  const checked = group.columns.map((column) => {
    const path = getTreePath(schema, column.path_in_schema);
    const nested = path.length > 2 || path[1]?.element.repetition_type === 'REPEATED';
    const pages = checkPages(file.chunkOf(column), column, path);
    if (nested ? pages.values < group.rows : pages.values !== group.rows) {
      throw new Error(`a column has ${pages.values} values for ${group.rows} rows`);
    }
    return { ...pages, nested };
  });
  const bytesOf = (nested: boolean) =>
    checked.reduce((sum, column) => sum + (column.nested === nested ? column.uncompressedBytes : 0), 0);
  const [flatBytes, nestedBytes] = [bytesOf(false), bytesOf(true)];
  if (flatBytes + nestedBytes > Math.max(MAX_ITEM_BYTES, MAX_ZSTD_RATIO * group.bytes)) {
    throw new Error(`it decompresses to more than ${MAX_ZSTD_RATIO} times its size`);
  }
  if (nestedBytes > MAX_GROUP_BYTES) {
    throw new Error(`its lists and structs are larger than ${MAX_GROUP_BYTES} bytes; write row groups of fewer rows`);
  }
  return { pages: checked.flatMap(({ pages }) => pages), flatBytes };
}

const isNested = ({ children, element }: SchemaTree): boolean =>
  children.length > 0 || element.repetition_type === 'REPEATED';

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

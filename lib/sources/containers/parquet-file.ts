import { type ColumnMetaData, type FileMetaData, parquetMetadata, type RowGroup } from 'hyparquet';
import { type RejectedItem, reject } from '../record.ts';
import { type ByteReader, readInParts } from './byte-reader.ts';
import type { PinnedObject } from './container.ts';
import { columnsOf, type FileColumn } from './parquet-columns.ts';
import { passThrift } from './pass-thrift.ts';
import { watchStore } from './watched-store.ts';

export interface ParquetFile {
  readonly metadata: FileMetaData;
  readonly columns: readonly FileColumn[];
  readonly groups: readonly Group[];
}

export interface Group {
  readonly rowGroup: RowGroup;
  /** Where it begins, for slices. */
  readonly start: number;
  /** Of its columns, as they are in the file. */
  readonly bytes: number;
  readonly firstRow: number;
  readonly rows: number;
  readonly columns: readonly ColumnMetaData[];
}

/** The footer: where the row groups lie, and what the columns are. */
export async function openParquet(object: PinnedObject): Promise<ParquetFile | RejectedItem> {
  const store = watchStore(object);
  try {
    const metadata = parquetMetadata(await readFooter(store.object), { geoparquet: false });
    return { metadata, columns: columnsOf(metadata), groups: groupsOf(metadata, object.bytes) };
  } catch (error) {
    store.throwIfFailed();
    return broken('its footer', error);
  }
}

export const broken = (what: string, error: unknown) =>
  reject(
    'broken_parquet',
    `${what} cannot be read, so the file is cut short or damaged, or of a kind that is not supported (${error instanceof Error ? error.message : String(error)})`,
  );

function groupsOf({ row_groups, num_rows }: FileMetaData, fileBytes: number): Group[] {
  let firstRow = 0;
  let start = 0;
  const groups = row_groups.map((rowGroup) => {
    const columns = chunksOf(rowGroup);
    const rows = Number(rowGroup.num_rows);
    const bytes = columns.reduce((sum, column) => sum + sizeOf(column), 0);
    // In files whose groups are not in order, a group counts as beginning where the ones before it did.
    const [first = start] = columns.map(startOf).toSorted((a, b) => a - b);
    start = Math.max(start, first);
    if (!(rows >= 0 && bytes >= 0 && start < fileBytes)) throw new Error('a row group is not in the file');
    if (rows > 0 && columns.length === 0) throw new Error('a row group has rows and no columns');
    const group = { rowGroup, start, bytes, firstRow, rows, columns };
    firstRow += rows;
    return group;
  });
  if (firstRow !== Number(num_rows)) throw new Error(`its row groups have ${firstRow} of its ${num_rows} rows`);
  return groups;
}

const chunksOf = (group: RowGroup): ColumnMetaData[] =>
  group.columns.map(({ meta_data, crypto_metadata, file_path }) => {
    if (crypto_metadata || !meta_data) throw new Error('a column is encrypted');
    if (file_path) throw new Error('its columns are in other files');
    return meta_data;
  });

export const startOf = ({ dictionary_page_offset, data_page_offset }: ColumnMetaData): number =>
  Number(dictionary_page_offset || data_page_offset);
export const sizeOf = ({ total_compressed_size }: ColumnMetaData): number => Number(total_compressed_size);
export const endOf = (column: ColumnMetaData): number => startOf(column) + sizeOf(column);

/** The file's end, with its footer in front of its length and the mark. */
async function readFooter(object: PinnedObject): Promise<ArrayBuffer> {
  const end = await readRange(object, Math.max(0, object.bytes - FIRST_BYTES), object.bytes);
  const bytes = new DataView(end).getUint32(end.byteLength - BEHIND_FOOTER, true) + BEHIND_FOOTER;
  if (bytes > object.bytes) throw new Error('it says that it begins before the file');
  const whole = bytes <= end.byteLength ? end : await readRange(object, object.bytes - bytes, object.bytes);
  passThrift(new DataView(whole), whole.byteLength - bytes);
  return whole;
}

async function readRange(object: PinnedObject, start: number, end: number): Promise<ArrayBuffer> {
  if (end - start > MAX_FOOTER_BYTES) throw new Error(`it is ${end - start} bytes large`);
  const reader = readInParts(object.open(start, end));
  try {
    return await takeOwn(reader, end - start);
  } finally {
    await reader.close();
  }
}

/** 512 KiB: most footers. */
const FIRST_BYTES = 524_288;
/** Its length, and "PAR1". */
const BEHIND_FOOTER = 8;
/** 64 MiB: that of some 10,000 row groups of 20 columns. */
const MAX_FOOTER_BYTES = 67_108_864;

/** Memory that is shared with nothing. */
export async function takeOwn(reader: ByteReader, bytes: number): Promise<ArrayBuffer> {
  const memory = new ArrayBuffer(bytes);
  const view = new Uint8Array(memory);
  let at = 0;
  for await (const part of reader.pass(bytes)) {
    view.set(part, at);
    at += part.length;
  }
  if (at < bytes) throw new Error('the file ends in it');
  return memory;
}

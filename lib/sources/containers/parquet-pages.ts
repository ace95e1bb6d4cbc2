import { crc32 } from 'node:zlib';
import type { ColumnMetaData, Compressors, DataReader, PageHeader, SchemaTree } from 'hyparquet';
import { parquetHeader } from 'hyparquet/src/column.js';
import { getMaxDefinitionLevel, getMaxRepetitionLevel } from 'hyparquet/src/schema.js';
import { readVarInt } from 'hyparquet/src/thrift.js';
import { MAX_VALUES } from '../value-cap.ts';

/*
 * hyparquet trusts what a page says of itself: a damaged count makes it fill memory until the process dies, and a page
 * that is missing makes the rows behind it undefined. What it would run into is looked at first.
 */

/** What the pages of a column say of themselves, before any is decoded. Throws what is wrong with them. */
export function checkPages(chunk: Buffer, column: ColumnMetaData, path: readonly SchemaTree[]): PageChecks {
  const reader: DataReader = { view: new DataView(chunk.buffer, chunk.byteOffset, chunk.length), offset: 0 };
  const pages: CheckedPage[] = [];
  let values = 0;
  let uncompressedBytes = 0;
  while (reader.offset < chunk.length - 1) {
    const header = parquetHeader(reader);
    const { compressed_page_size: size, uncompressed_page_size: uncompressed, crc } = header;
    if (!(size >= 0 && size <= chunk.length - reader.offset) || !(uncompressed >= 0)) {
      throw new Error('a page is larger than its column');
    }
    const bytes = chunk.subarray(reader.offset, reader.offset + size);
    reader.offset += size;
    if (crc !== undefined && crc >>> 0 !== crc32(bytes)) throw new Error("a page's checksum does not match");
    const page = { header, bytes, levels: levelsOf(path) };
    if (countOf(header) > MAX_VALUES) throw new Error(`a page has more than ${MAX_VALUES} values`);
    if (header.type !== 'DICTIONARY_PAGE') values += countOf(header);
    uncompressedBytes += uncompressed;
    if (header.data_page_header_v2) checkLevelsV2(page);
    else if (column.codec === 'UNCOMPRESSED') checkLevels(page, bytes);
    pages.push(page);
  }
  return { pages, values, uncompressedBytes };
}

export interface PageChecks {
  readonly pages: readonly CheckedPage[];
  readonly values: number;
  readonly uncompressedBytes: number;
}

interface CheckedPage {
  readonly header: PageHeader;
  readonly bytes: Buffer;
  readonly levels: { readonly repetition: number; readonly definition: number };
}

/** Decompressors that look at a page between decompressing and decoding it. Of a page they are given the bytes alone. */
export function checkingCompressors(compressors: Compressors, pages: readonly CheckedPage[]): Compressors {
  const byContent = new Map(pages.map((page) => [digest(page.bytes), page]));
  return Object.fromEntries(
    Object.entries(compressors).map(([codec, decompress]) => [
      codec,
      (input: Uint8Array, length: number) => {
        // No bytes are no valid stream of most codecs.
        if (length === 0) return new Uint8Array();
        const output = decompress(input, length);
        const page = byContent.get(digest(input));
        if (page) checkLevels(page, output);
        return output;
      },
    ]),
  );
}

const digest = (bytes: Uint8Array): string => `${bytes.length} ${crc32(bytes)}`;

const countOf = ({ data_page_header, data_page_header_v2, dictionary_page_header }: PageHeader): number =>
  (data_page_header ?? data_page_header_v2 ?? dictionary_page_header)?.num_values ?? 0;

const levelsOf = (path: readonly SchemaTree[]) => ({
  repetition: getMaxRepetitionLevel([...path]),
  definition: getMaxDefinitionLevel([...path]),
});

/** Levels and dictionary indices of a page of the first kind: all in its uncompressed bytes. */
function checkLevels({ header, levels }: CheckedPage, page: Uint8Array): void {
  const data = header.data_page_header;
  if (!data) return;
  const reader: DataReader = { view: new DataView(page.buffer, page.byteOffset, page.length), offset: 0 };
  for (const level of [levels.repetition, levels.definition]) {
    if (level === 0) continue;
    const length = reader.view.getUint32(reader.offset, true);
    const start = reader.offset + 4;
    checkRuns(reader.view, { start, end: start + length, width: bitWidth(level), values: data.num_values });
    reader.offset = start + length;
  }
  if (/DICTIONARY/.test(data.encoding) && reader.offset < page.length) {
    const width = reader.view.getUint8(reader.offset);
    if (width > 0) {
      // With nulls there are fewer of them than values: what comes behind them is not looked at.
      checkRuns(reader.view, { start: reader.offset + 1, end: page.length, width, values: data.num_values });
    }
  }
}

function checkLevelsV2({ header, bytes, levels }: CheckedPage): void {
  const data = header.data_page_header_v2;
  if (!data) return;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const repetitionEnd = data.repetition_levels_byte_length;
  const definitionEnd = repetitionEnd + data.definition_levels_byte_length;
  const values = data.num_values;
  if (levels.repetition > 0) {
    checkRuns(view, { start: 0, end: repetitionEnd, width: bitWidth(levels.repetition), values });
  }
  if (levels.definition > 0) {
    checkRuns(view, { start: repetitionEnd, end: definitionEnd, width: bitWidth(levels.definition), values });
  }
}

interface Runs {
  readonly start: number;
  readonly end: number;
  readonly width: number;
  readonly values: number;
}

/** No run of the hybrid of RLE and bit-packing is much longer than the page has values. */
function checkRuns(view: DataView, { start, end, width, values }: Runs): void {
  const reader: DataReader = { view, offset: start };
  for (let seen = 0; seen < values && reader.offset < end; ) {
    const head = readVarInt(reader);
    const isPacked = (head & 1) === 1;
    const count = isPacked ? (head >>> 1) * 8 : head >>> 1;
    // The last pack is filled up; DuckDB fills it to 32 and more.
    if (count > MAX_VALUES) throw new Error('a page repeats a value more often than it has values');
    reader.offset += isPacked ? (head >>> 1) * width : (width + 7) >> 3;
    seen += count;
  }
}

const bitWidth = (level: number): number => 32 - Math.clz32(level);

import { hash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import type { ColumnMetaData, Compressors, DataReader, PageHeader, SchemaTree } from 'hyparquet';
import { parquetHeader } from 'hyparquet/src/column.js';
import { getMaxDefinitionLevel, getMaxRepetitionLevel } from 'hyparquet/src/schema.js';
import { MAX_VALUES } from '../value-cap.ts';
import { checkRuns, checkValues, countHighest, type Runs } from './parquet-encodings.ts';
import { passThrift } from './pass-thrift.ts';

/*
 * hyparquet trusts what a page says of itself: a damaged count makes it fill memory until the process dies, and a page
 * that is missing makes the rows behind it undefined. What it would run into is looked at first.
 */

/** What the pages of a column say of themselves, before any is decoded. Throws what is wrong with them. */
export function checkPages(
  chunk: Buffer,
  column: ColumnMetaData,
  { path, most }: { readonly path: readonly SchemaTree[]; readonly most: number },
) {
  const reader: DataReader = { view: new DataView(chunk.buffer, chunk.byteOffset, chunk.length), offset: 0 };
  /** Those that are looked at again when they are decompressed. */
  const pages: CheckedPage[] = [];
  const of = levelsOf(path);
  let values = 0;
  let uncompressedBytes = 0;
  while (reader.offset < chunk.length - 1) {
    passThrift(reader.view, reader.offset);
    const header = parquetHeader(reader);
    const { compressed_page_size: size, uncompressed_page_size: uncompressed, crc } = header;
    if (!(size >= 0 && size <= chunk.length - reader.offset) || !(uncompressed >= 0)) {
      throw new Error('a page is larger than its column');
    }
    const bytes = chunk.subarray(reader.offset, reader.offset + size);
    reader.offset += size;
    if (crc !== undefined && crc >>> 0 !== crc32(bytes)) throw new Error("a page's checksum does not match");
    const page = { header, bytes, ...of };
    const count = countOf(header);
    if (!(count >= 0 && count <= MAX_VALUES)) throw new Error(`a page has more than ${MAX_VALUES} values`);
    if (header.type !== 'DICTIONARY_PAGE') values += count;
    uncompressedBytes += uncompressed;
    if (header.data_page_header_v2) checkLevelsV2(page);
    if (column.codec === 'UNCOMPRESSED' || !isCompressed(header)) checkContent(page, contentOf(page));
    else pages.push(page);
    if (pages.length > most) throw new Error('it has too many pages; write larger ones');
  }
  return { pages, values, uncompressedBytes };
}

export interface CheckedPage {
  readonly header: PageHeader;
  readonly bytes: Buffer;
  readonly levels: { readonly repetition: number; readonly definition: number };
  readonly leaf: SchemaTree['element'];
}

/**
 * Decompressors that look at a page between decompressing and decoding it. Of a page they are given the bytes alone: pages of
 * the same bytes are all looked at when the first of them comes.
 */
export function checkingCompressors(compressors: Compressors, pages: readonly CheckedPage[]): Compressors {
  const byContent = Map.groupBy(pages, (page) => digest(contentOf(page)));
  return Object.fromEntries(
    Object.entries(compressors).map(([codec, decompress]) => [
      codec,
      (input: Uint8Array, length: number) => {
        // No bytes are no valid stream of most codecs.
        if (length === 0) return new Uint8Array();
        const output = decompress(input, length);
        const content = digest(input);
        for (const page of byContent.get(content) ?? []) checkContent(page, output);
        byContent.delete(content);
        return output;
      },
    ]),
  );
}

const digest = (bytes: Uint8Array): string => hash('sha256', bytes, 'base64');

/** What is compressed of the page: in one of the second kind its levels are not. */
const contentOf = ({ header, bytes }: CheckedPage): Buffer => bytes.subarray(levelBytesOf(header));

const levelBytesOf = ({ data_page_header_v2: data }: PageHeader): number =>
  data ? data.repetition_levels_byte_length + data.definition_levels_byte_length : 0;

const isCompressed = ({ data_page_header_v2: data }: PageHeader): boolean => data?.is_compressed !== false;

const countOf = ({ data_page_header, data_page_header_v2, dictionary_page_header }: PageHeader): number =>
  (data_page_header ?? data_page_header_v2 ?? dictionary_page_header)?.num_values ?? 0;

const levelsOf = (path: readonly SchemaTree[]) => ({
  levels: { repetition: getMaxRepetitionLevel([...path]), definition: getMaxDefinitionLevel([...path]) },
  leaf: path.at(-1)?.element ?? { name: '' },
});

/** Values, and of a page of the first kind the levels before them: uncompressed bytes. */
function checkContent({ header, levels, leaf }: CheckedPage, content: Uint8Array): void {
  const view = new DataView(content.buffer, content.byteOffset, content.byteLength);
  const { data_page_header: first, data_page_header_v2: second } = header;
  if (second) {
    const count = () => second.num_values - second.num_nulls;
    const { encoding, num_values: values } = second;
    checkValues({ view, start: 0, encoding, values, count, element: leaf, isV2: true });
  }
  if (!first) return;
  const values = first.num_values;
  let start = 0;
  let count = () => values;
  for (const [level, isDefinition] of [
    [levels.repetition, false],
    [levels.definition, true],
  ] as const) {
    if (level === 0) continue;
    const runs: Runs = { start: start + 4, width: bitWidth(level), values };
    checkRuns(view, runs);
    if (isDefinition) count = () => countHighest(view, runs, level);
    start += 4 + view.getUint32(start, true);
  }
  checkValues({ view, start, encoding: first.encoding, values, count, element: leaf, isV2: false });
}

function checkLevelsV2({ header, bytes, levels }: CheckedPage): void {
  const data = header.data_page_header_v2;
  if (!data) return;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const { repetition_levels_byte_length: repetition, definition_levels_byte_length: definition } = data;
  if (!(repetition >= 0 && definition >= 0 && repetition + definition <= bytes.length)) {
    throw new Error('a page has more levels than bytes');
  }
  const values = data.num_values;
  if (!(data.num_nulls >= 0 && data.num_nulls <= values)) throw new Error('a page has more nulls than values');
  if (levels.repetition > 0) checkRuns(view, { start: 0, width: bitWidth(levels.repetition), values });
  if (levels.definition > 0) checkRuns(view, { start: repetition, width: bitWidth(levels.definition), values });
}

const bitWidth = (level: number): number => 32 - Math.clz32(level);

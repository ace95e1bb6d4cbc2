import type { DataReader, DecodedArray, SchemaElement } from 'hyparquet';
import { deltaBinaryUnpack } from 'hyparquet/src/delta.js';
import { readRleBitPackedHybrid } from 'hyparquet/src/encoding.js';
import { readVarInt } from 'hyparquet/src/thrift.js';
import { MAX_ITEM_BYTES } from '../record.ts';
import { MAX_VALUES } from '../value-cap.ts';

/** The values of a page as they are written, uncompressed. */
export interface EncodedValues {
  readonly view: DataView;
  /** Where they begin. */
  readonly start: number;
  readonly encoding: string;
  /** With nulls. */
  readonly values: number;
  /** Without them; they have to be counted. */
  readonly count: () => number;
  readonly element: SchemaElement;
  /** In pages of the second kind a width of 0 has runs, too. */
  readonly isV2: boolean;
}

/** Throws where decoding the values would take more time or memory than their bytes may. */
export function checkValues({ view, start, encoding, values, count, element, isV2 }: EncodedValues): void {
  const isBoolean = element.type === 'BOOLEAN';
  if (encoding === 'RLE' || (isBoolean && encoding.endsWith('DICTIONARY'))) {
    checkRuns(view, { start: start + 4, width: 1, values });
  } else if (encoding.endsWith('DICTIONARY') && start < view.byteLength) {
    const width = view.getUint8(start);
    if (width > 32) throw new Error('a page has indices of more than 32 bits');
    if (width > 0 || isV2) checkRuns(view, { start: start + 1, width, values });
  } else if (encoding === 'BYTE_STREAM_SPLIT') {
    if (count() * widthOf(element) > view.byteLength - start) throw new Error('a page has fewer bytes than values');
  } else if (encoding.startsWith('DELTA_')) {
    checkDeltaPage(view, start, { encoding, count: count() });
  } else if (encoding === 'ALP') {
    throw new Error('a page is encoded as ALP, which is not read');
  }
}

const widthOf = ({ type, type_length }: SchemaElement): number =>
  type === 'INT32' || type === 'FLOAT' ? 4 : type === 'FIXED_LEN_BYTE_ARRAY' ? (type_length ?? 0) : 8;

export interface Runs {
  readonly start: number;
  readonly width: number;
  readonly values: number;
}

/**
 * No run of the hybrid of RLE and bit-packing is much longer than a page may have values. hyparquet reads on until it has all
 * values, whatever length the page says that they have.
 */
export function checkRuns(view: DataView, { start, width, values }: Runs): void {
  const reader: DataReader = { view, offset: start };
  for (let seen = 0; seen < values && reader.offset < view.byteLength; ) {
    const head = readVarInt(reader);
    const isPacked = (head & 1) === 1;
    const count = isPacked ? (head >>> 1) * 8 : head >>> 1;
    // The last pack is filled up; DuckDB fills it to 32 and more.
    if (count > MAX_VALUES) throw new Error('a page repeats a value more often than it has values');
    reader.offset += isPacked ? (head >>> 1) * width : (width + 7) >> 3;
    seen += count;
  }
}

/** How many of the levels, which were checked, are the highest. */
export function countHighest(view: DataView, { start, width, values }: Runs, highest: number): number {
  const levels: DecodedArray = new Array(values);
  readRleBitPackedHybrid({ view, offset: start }, width, levels, view.byteLength - start);
  let found = 0;
  for (const level of levels) if (level === highest) found++;
  return found;
}

function checkDeltaPage(
  view: DataView,
  start: number,
  { encoding, count }: { readonly encoding: string; readonly count: number },
): void {
  const end = checkDeltas(view, start, count);
  if (encoding !== 'DELTA_BYTE_ARRAY') return;
  checkDeltas(view, end, count);
  // Each text may begin as the one before it: a few bytes come to as many as there is memory.
  const [shared, own] = [new Int32Array(count), new Int32Array(count)];
  const reader: DataReader = { view, offset: start };
  deltaBinaryUnpack(reader, count, shared);
  deltaBinaryUnpack(reader, count, own);
  let bytes = 0;
  for (let at = 0; at < count; at++) {
    const [before, more] = [shared[at] ?? 0, own[at] ?? 0];
    if (before < 0 || more < 0) throw new Error('a page has a text of less than no bytes');
    bytes += before > 0 ? before + more : 0;
  }
  if (bytes > MAX_ITEM_BYTES) throw new Error(`a page's texts come to more than ${MAX_ITEM_BYTES} bytes`);
}

/** The block of deltas at `start`; gives where it ends. Their numbers have ends, and their blocks are no larger than the page. */
function checkDeltas(view: DataView, start: number, count: number): number {
  const reader: DataReader = { view, offset: start };
  const [block, blocks] = [readShort(reader), readShort(reader)];
  readShort(reader);
  readShort(reader);
  const each = block / blocks;
  if (count > 1 && !(each > 0 && each % 32 === 0 && block <= MAX_VALUES && blocks <= view.byteLength)) {
    throw new Error('a page has blocks of deltas without a size');
  }
  for (let seen = 1; seen < count; ) {
    readShort(reader);
    const widths = reader.offset;
    reader.offset += blocks;
    for (let at = 0; at < blocks && seen < count; at++) {
      reader.offset += (each * view.getUint8(widths + at)) / 8;
      seen += each;
    }
  }
  return reader.offset;
}

/** A number of 64 bits at the most. */
function readShort(reader: DataReader): number {
  for (let at = reader.offset; at < reader.offset + 10; at++) {
    if (reader.view.getUint8(at) < 0x80) return readVarInt(reader);
  }
  throw new Error('a page has a number without an end');
}

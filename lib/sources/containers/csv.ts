import { type CsvError, type Info, Parser } from 'csv-parse';
import { decodeUtf8 } from '../json/decode-utf8.ts';
import type { JsonObject } from '../json/exact-json.ts';
import { MAX_ITEM_BYTES, type RejectedItem, reject } from '../record.ts';
import { peek } from './byte-reader.ts';
import { append, type ByteWindow, byteWindow } from './byte-window.ts';
import type { ContainerSpan, RecordReader } from './container.ts';
import { csvDialect, headerProblem } from './csv-dialect.ts';

/**
 * The rows of CSV text below its header, each an object of texts by the header's names; an empty cell is a missing one.
 * A row that cannot be read is rejected, and reading goes on at the next line.
 */
export async function* readCsv<Item>(
  stream: AsyncIterable<Uint8Array>,
  delimiter: string,
  reader: RecordReader<Item>,
): AsyncGenerator<ContainerSpan<Item>> {
  let names: readonly string[] | undefined;
  for await (const row of readRows(stream, delimiter)) {
    const { cells, isOpen, ...place } = row;
    if ('rejected' in cells) {
      yield { ...place, ...(names ? cells : headerless(cells.rejected.detail)) };
      if (!names) return;
    } else if (names) {
      const isCut = isOpen && cells.length < names.length;
      const record = place.bytes > MAX_ITEM_BYTES ? TOO_LARGE : isCut ? CUT_ROW : toRecord(names, cells);
      yield { ...place, ...('rejected' in record ? record : reader.fromValue(record.value)) };
    } else {
      const header = toTexts(cells);
      const problem = header ? headerProblem(header) : 'its first row is not UTF-8 text';
      if (problem !== undefined || !header) {
        yield { ...place, ...headerless(problem ?? '') };
        return;
      }
      names = header;
    }
  }
}

const headerless = (problem: string) =>
  reject('missing_header', `${problem}; give the file a first row that names each column once`);

function toRecord(names: readonly string[], cells: readonly Buffer[]): { readonly value: JsonObject } | RejectedItem {
  if (cells.length !== names.length) {
    return reject('ragged_row', `it has ${cells.length} cells, where the header has ${names.length}`);
  }
  const texts = toTexts(cells);
  if (!texts) return reject('invalid_utf8', 'its bytes are not UTF-8 text');
  const value: Record<string, string> = {};
  for (const [at, text] of texts.entries()) {
    const name = names[at] ?? '';
    if (text === '') continue;
    // pandas writes its index in a first column without a name. Further ones are what spreadsheets leave behind.
    if (name === '' && names.indexOf('') !== at) {
      return reject('ragged_row', `column ${at + 1} has a cell, but no name in the header`);
    }
    Object.defineProperty(value, name, { value: text, enumerable: true, writable: true, configurable: true });
  }
  return { value };
}

function toTexts(cells: readonly Buffer[]): readonly string[] | undefined {
  const texts = cells.map(decodeUtf8);
  return texts.every((text) => text !== undefined) ? texts : undefined;
}

interface Row {
  readonly offset: number;
  readonly bytes: number;
  readonly cells: readonly Buffer[] | RejectedItem;
  /** No line end follows: it is the last one, and a writer that was stopped leaves it so. */
  readonly isOpen: boolean;
}

/**
 * Empty lines are left out. Behind a row that the parser cannot read another parser begins, on the line behind that
 * row's first: a quote that is never closed would take all rows with it.
 */
async function* readRows(stream: AsyncIterable<Uint8Array>, delimiter: string): AsyncGenerator<Row> {
  const [head, whole] = await peek(stream, MARK.length);
  const chunks = whole[Symbol.asyncIterator]();
  const window = byteWindow(0);
  let broken = 0;
  let good = 0;
  const more = async (): Promise<boolean> => {
    const chunk = await chunks.next();
    if (!chunk.done) append(window, chunk.value);
    return !chunk.done;
  };
  try {
    // The parser no longer gives bytes where it finds the mark.
    if (head.equals(MARK)) {
      while (window.to < MARK.length) await more();
      window.from = MARK.length;
    }
    for (let table = openTable(delimiter), isLast = false; ; ) {
      const error = await table.take(window, isLast);
      for (const { cells, bytes } of table.rows()) {
        const isEmpty = cells.length === 1 && cells[0]?.length === 0;
        const isOpen = !isLineEnd(window.bytes[window.from + bytes - 1]);
        if (!isEmpty) yield { offset: window.base + window.from, bytes, cells, isOpen };
        window.from += bytes;
        good++;
      }
      if (error) {
        const offset = window.base + window.from;
        const isCut = error.code === 'CSV_QUOTE_NOT_CLOSED';
        if (++broken > MOST_BROKEN_ROWS && broken > good / 10) {
          yield { offset, bytes: 0, cells: NOT_CSV, isOpen: false };
          return;
        }
        const bytes = isCut ? window.to - window.from : await passLine(window, more);
        yield { offset, bytes, cells: isCut ? CUT : brokenRow(error), isOpen: false };
        if (isCut) return;
        table = openTable(delimiter);
      } else if (table.isBehind(window)) {
        if (isLast) return;
        isLast = !(await more());
      }
    }
  } finally {
    await chunks.return?.();
  }
}

/** Each takes a parser of its own, and some 100 µs. More are read where ten times as many rows are good. */
const MOST_BROKEN_ROWS = 1_000;

const NOT_CSV = reject(
  'broken_csv',
  `more than ${MOST_BROKEN_ROWS} of its rows, and one in ten, have quotes inside cells, so it is not CSV; the rest is not read`,
);
const CUT = reject('truncated', 'the file ends inside a quoted cell');
const CUT_ROW = reject('truncated', 'the file ends inside this row, as after a stopped writer');

const brokenRow = (error: CsvError) => (error.code === 'CSV_MAX_RECORD_SIZE' ? TOO_LARGE : BROKEN_QUOTES);

const TOO_LARGE = reject(
  'too_large',
  `the row is larger than ${MAX_ITEM_BYTES} bytes, or a quote in it is never closed`,
);
const BROKEN_QUOTES = reject(
  'broken_quotes',
  'a cell contains a quote but is not quoted; quote the cell, and double each quote in it',
);

/** Moves the window behind the next line end; gives how many bytes that were. Holds none of them. */
async function passLine(window: ByteWindow, more: () => Promise<boolean>): Promise<number> {
  const start = window.base + window.from;
  do {
    while (window.from < window.to) {
      const byte = window.bytes[window.from++];
      if (isLineEnd(byte)) return window.base + window.from - start;
    }
  } while (await more());
  return window.base + window.from - start;
}

const [NEWLINE, RETURN] = [0x0a, 0x0d];
const isLineEnd = (byte: number | undefined): boolean => byte === NEWLINE || byte === RETURN;

/** One parser, from the window's first byte on. */
function openTable(delimiter: string) {
  let rows: { readonly cells: readonly Buffer[]; readonly bytes: number }[] = [];
  let end = 0;
  /** Bytes of the window that the parser has and that are no rows yet. */
  let given = 0;
  let step = FIRST_STEP_BYTES;
  let failed: CsvError | undefined;
  const parser = new Parser({
    ...csvDialect(delimiter),
    encoding: null,
    max_record_size: MAX_ITEM_BYTES,
    // Taken here: what waits to be read when an error comes is lost.
    on_record: (cells: unknown, info: Info) => {
      rows.push({
        cells: Array.isArray(cells) ? cells.filter((cell) => Buffer.isBuffer(cell)) : [],
        bytes: info.bytes - end,
      });
      end = info.bytes;
      return null;
    },
  });
  parser.on('error', (error: CsvError) => {
    failed ??= error;
  });
  // Nothing is ever pushed: read for its end only.
  parser.resume();
  return {
    async take(window: ByteWindow, isLast: boolean): Promise<CsvError | undefined> {
      const unseen = window.bytes.subarray(window.from + given, Math.min(window.from + given + step, window.to));
      step = Math.min(2 * step, MOST_STEP_BYTES);
      given += unseen.length;
      // A copy: the parser keeps the end of it, and the window's memory is written over.
      if (unseen.length > 0) await new Promise<void>((resolve) => parser.write(Buffer.from(unseen), () => resolve()));
      const isWhole = isLast && window.from + given === window.to;
      if (isWhole && !failed && end + given > 0) {
        await new Promise<void>((resolve) => parser.once('close', resolve).end());
      }
      return failed;
    },
    rows() {
      const taken = rows;
      rows = [];
      for (const { bytes } of taken) given -= bytes;
      return taken;
    },
    isBehind: (window: ByteWindow): boolean => window.from + given === window.to,
  };
}

/** Bytes. Doubled from step to step: where every row is broken, few bytes are copied for each. */
const FIRST_STEP_BYTES = 1_024;
const MOST_STEP_BYTES = 65_536;

const MARK = Buffer.from([0xef, 0xbb, 0xbf]);

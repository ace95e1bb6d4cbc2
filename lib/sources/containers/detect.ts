import { type CsvError, parse as parseCsv } from 'csv-parse/sync';
import type { ContainerName } from '../../contract/container-name.ts';
import { openBrackets } from '../json/json-strings.ts';
import { csvDialect, headerProblem } from './csv-dialect.ts';
import { describeByte, isUtf16, startOfText, UTF16_TEXT } from './find-text.ts';
import { beginsZstd } from './zstd-frames.ts';

/** 64 KiB: the header of a CSV and most first rows. */
export const DETECTED_BYTES = 65_536;

export type Detected = { readonly container: ContainerName | 'empty' } | { readonly unsure: string };

/**
 * Which container an object is, by its first bytes: DETECTED_BYTES of them, or all that it has. Its name decides only
 * where the bytes do not.
 */
export function detectContainer(head: Uint8Array, name = ''): Detected {
  const bytes = Buffer.from(head.buffer, head.byteOffset, Math.min(head.length, DETECTED_BYTES));
  const magic = bytes.length >= 4 ? bytes.readUInt32BE() : 0;
  if (bytes.length === 0) return { container: 'empty' };
  if (magic === PARQUET) return { container: 'parquet' };
  if (magic === ENCRYPTED_PARQUET) return { unsure: 'it is an encrypted Parquet file; decrypt it first' };
  if (magic === ZIP || magic === EMPTY_ZIP) return { container: 'zip' };
  if (beginsZstd(bytes.subarray(0, 4))) return { container: 'zstd' };
  if (bytes[0] === 0x1f && bytes[1] === 0x8b) return { container: 'gzip' };
  if (isUtf16(bytes)) return { unsure: UTF16_TEXT };
  if (bytes.toString('latin1', TAR_MAGIC_AT, TAR_MAGIC_AT + 5) === 'ustar') {
    return { unsure: 'it is a tar archive; unpack it, or pack its files as zip' };
  }
  return detectText(bytes, name);
}

function detectText(bytes: Buffer, name: string): Detected {
  const text = bytes.subarray(startOfText(bytes));
  const isWhole = bytes.length < DETECTED_BYTES;
  if (text.length === 0) {
    return isWhole ? { container: 'empty' } : { unsure: `it begins with ${DETECTED_BYTES} bytes of white space` };
  }
  if (text[0] === OPEN_LIST) return { container: 'array' };
  if (text[0] === OPEN_OBJECT) return { container: goesOnOverLines(text) ? 'json' : 'lines' };
  if (text.includes(0)) return { unsure: `it is not text (${describeByte(text[0] ?? 0)}). ${NAME_IT}` };
  return detectTable(text, name);
}

/** Text with a header row, by its separators. */
function detectTable(text: Buffer, name: string): Detected {
  const tables = (['csv', 'tsv'] as const).filter((container) => isTable(text, SEPARATORS[container]));
  const [only, other] = tables;
  if (only && !other) return { container: only };
  if (tables.length === 0 && isTable(text, ';')) {
    return { unsure: 'its cells are separated by ";": save it with commas, or with tabs' };
  }
  const named = /\.(csv|tsv)(?:\.(?:gz|zst))?$/i.exec(name)?.[1]?.toLowerCase();
  if (named === 'csv' || named === 'tsv') return { container: named };
  const what = other
    ? 'its commas and its tabs both separate columns'
    : `it begins with ${describeByte(text[0] ?? 0)}: it is neither JSON ("[" or "{") nor CSV with a header row`;
  return { unsure: `${what}. ${NAME_IT}` };
}

export const SEPARATORS = { csv: ',', tsv: '\t' } as const;

/** A header, and a first row with as many cells; where the first row goes on past the head, a header of plain names. */
function isTable(text: Buffer, delimiter: string): boolean {
  const rows: string[][] = [];
  try {
    parseCsv(text, {
      ...csvDialect(delimiter),
      skip_empty_lines: true,
      to: 3,
      on_record: (row: string[]) => {
        rows.push(row);
        return null;
      },
    });
  } catch (error) {
    // The head ends inside a quoted cell, or there is no CSV in it: the rows before tell.
    if (!isCsvError(error)) throw error;
  }
  const [header, first, second] = rows;
  if (!header || header.length < 2 || headerProblem(header)) return false;
  const isCut = text.length >= DETECTED_BYTES - MARK_BYTES;
  if (first && (second || !isCut)) return first.length === header.length;
  return isCut && header.every((name) => /^[\p{L}\p{N}_][\p{L}\p{N}_ .-]{0,63}$/u.test(name));
}

const isCsvError = (error: unknown): error is CsvError =>
  error instanceof Error && 'code' in error && /^(?:CSV_|INVALID_OPENING_QUOTE)/.test(String(error.code));

/**
 * Whether the object that begins here goes on behind its first line. No string of JSON holds a line's end, so only a
 * value that is written over lines has one between its brackets. A line of JSON lines that was cut short does not end
 * as such a line does, or the next one begins as a line of its own.
 */
function goesOnOverLines(text: Buffer): boolean {
  const newline = text.indexOf(NEWLINE);
  if (newline === -1) return false;
  const line = text.toString('latin1', 0, newline).trimEnd();
  const next = text[newline + startOfText(text.subarray(newline))];
  return (
    (openBrackets(line) ?? 0) > 0 &&
    ('[{,:'.includes(line.slice(-1)) || next === 0x5d || next === 0x7d || next === 0x2c)
  );
}

const NAME_IT =
  'If it holds records, name its container (source.container: lines, array, json, csv, tsv, parquet, zip)';
const [PARQUET, ENCRYPTED_PARQUET] = [0x50415231, 0x50415245];
const [ZIP, EMPTY_ZIP] = [0x504b0304, 0x504b0506];
const TAR_MAGIC_AT = 257;
const MARK_BYTES = 3;
const [OPEN_LIST, OPEN_OBJECT, NEWLINE] = [0x5b, 0x7b, 0x0a];

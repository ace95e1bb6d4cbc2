import { isUtf8 } from 'node:buffer';
import type { ParquetParsers, SchemaElement, SchemaTree } from 'hyparquet';
import { isListLike, isMapLike } from 'hyparquet/src/schema.js';
import { decodeUtf8 } from '../json/decode-utf8.ts';
import { valueReader } from './json-value.ts';

/** Makes a JSON value of what hyparquet gives. */
export type ToJson = (value: unknown) => unknown;

/** In the place of text that is not UTF-8. */
export const NOT_UTF8 = Symbol('not UTF-8');

/** Text is checked; times stay numbers here, because only the schema knows their unit and zone (see `toJsonOf`). */
export const PARSERS = {
  stringFromBytes: (bytes: Uint8Array) => decodeUtf8(bytes) ?? NOT_UTF8,
  jsonFromBytes(bytes: Uint8Array) {
    const read = valueReader.fromJson(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length));
    return 'item' in read ? read.item : (decodeUtf8(bytes) ?? NOT_UTF8);
  },
  dateFromDays: (days: number) => days,
  timestampFromMilliseconds: (time: bigint) => time,
  timestampFromMicroseconds: (time: bigint) => time,
  timestampFromNanoseconds: (time: bigint) => time,
} satisfies Partial<ParquetParsers>;

/** How a column's values become JSON values; undefined where they are that already. */
export function toJsonOf(column: SchemaTree): ToJson | undefined {
  const { element, children } = column;
  if (children.length === 0) return leafToJson(element);
  if (isListLike(column)) return inList(toJsonOf(listElement(column)));
  if (isMapLike(column)) {
    const value = column.children[0]?.children[1];
    const toJson = value && toJsonOf(value);
    return toJson && inFields(() => toJson);
  }
  const fields = new Map(
    children.map((child) => {
      const toJson = toJsonOf(child);
      return [child.element.name, child.element.repetition_type === 'REPEATED' ? inList(toJson) : toJson];
    }),
  );
  return fields.values().some((toJson) => toJson) ? inFields((name) => fields.get(name)) : undefined;
}

/** A list has a group between itself and its elements, except in files of old writers. */
const listElement = (list: SchemaTree): SchemaTree => {
  const repeated = list.children[0] ?? list;
  return (repeated.children.length === 1 && repeated.children[0]) || repeated;
};

const inList = (toJson: ToJson | undefined): ToJson | undefined =>
  toJson && ((list) => (Array.isArray(list) ? list.map((value) => present(toJson, value)) : list));

const inFields =
  (toJsonOfField: (name: string) => ToJson | undefined): ToJson =>
  (fields) =>
    isFields(fields)
      ? Object.fromEntries(
          Object.entries(fields).map(([name, value]) => [name, present(toJsonOfField(name) ?? same, value)]),
        )
      : fields;

const present = (toJson: ToJson, value: unknown): unknown =>
  value === null || value === undefined ? null : toJson(value);
const same: ToJson = (value) => value;
const isFields = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;

function leafToJson({ type, converted_type, logical_type }: SchemaElement): ToJson | undefined {
  if (converted_type === 'DATE') return (days) => dayText(integer(days));
  if (type === 'INT96') return (nanoseconds) => timestampText(integer(nanoseconds), 9);
  if (logical_type?.type === 'TIMESTAMP') {
    const digits = FRACTION_DIGITS[logical_type.unit];
    const zone = logical_type.isAdjustedToUTC ? 'Z' : '';
    return (time) => timestampText(integer(time), digits) + zone;
  }
  if (converted_type === 'TIMESTAMP_MILLIS') return (time) => `${timestampText(integer(time), 3)}Z`;
  if (converted_type === 'TIMESTAMP_MICROS') return (time) => `${timestampText(integer(time), 6)}Z`;
  if (logical_type?.type === 'TIME') {
    const digits = FRACTION_DIGITS[logical_type.unit];
    return (time) => timeText(integer(time), digits);
  }
  if (converted_type === 'TIME_MILLIS') return (time) => timeText(integer(time), 3);
  if (converted_type === 'TIME_MICROS') return (time) => timeText(integer(time), 6);
  return MAY_BE_NO_JSON.has(type) && !isDecodedText(converted_type, logical_type) ? plainToJson : undefined;
}

/** INT64 is a bigint, and bytes without a type of their own are bytes. */
const MAY_BE_NO_JSON: ReadonlySet<SchemaElement['type']> = new Set(['INT64', 'BYTE_ARRAY', 'FIXED_LEN_BYTE_ARRAY']);

const isDecodedText = (converted: SchemaElement['converted_type'], logical: SchemaElement['logical_type']): boolean =>
  converted === 'UTF8' || logical?.type === 'STRING' || logical?.type === 'UUID' || converted === 'DECIMAL';

/** An integer past 2^53 keeps its digits, bytes are text or else base64. */
function plainToJson(value: unknown): unknown {
  if (typeof value === 'bigint') {
    return -SAFE <= value && value <= SAFE ? Number(value) : JSON.rawJSON(String(value));
  }
  if (value instanceof Uint8Array) {
    const bytes = Buffer.from(value.buffer, value.byteOffset, value.length);
    return bytes.toString(isUtf8(bytes) ? 'utf8' : 'base64');
  }
  if (Array.isArray(value)) return value.map(plainToJson);
  return isFields(value) && Object.getPrototypeOf(value) === Object.prototype
    ? Object.fromEntries(Object.entries(value).map(([name, field]) => [name, plainToJson(field)]))
    : value;
}

const SAFE = BigInt(Number.MAX_SAFE_INTEGER);
const FRACTION_DIGITS = { MILLIS: 3, MICROS: 6, NANOS: 9 } as const;

const integer = (value: unknown): bigint =>
  typeof value === 'bigint' ? value : BigInt(typeof value === 'number' ? Math.trunc(value) : 0);

/** ISO 8601, with as many digits of the second as the unit has. */
function timestampText(time: bigint, digits: number): string {
  const day = 86_400n * 10n ** BigInt(digits);
  const within = ((time % day) + day) % day;
  return `${dayText((time - within) / day)}T${timeText(within, digits)}`;
}

function timeText(time: bigint, digits: number): string {
  const unit = 10n ** BigInt(digits);
  const seconds = time / unit;
  const parts = [seconds / 3600n, (seconds / 60n) % 60n, seconds % 60n].map((part) => String(part).padStart(2, '0'));
  return `${parts.join(':')}.${String(time % unit).padStart(digits, '0')}`;
}

/** Days since 1970 as a date; those that JavaScript has no date for (some 270,000 years away) as their number. */
function dayText(days: bigint): string {
  const date = new Date(Number(days) * 86_400_000);
  return Number.isNaN(date.getTime()) ? String(days) : date.toISOString().replace(/T.*/, '');
}

/*
 * JSON whose numbers keep what a double would lose: integers past 2^53, and how a number was written (`5.0`, `1e5`),
 * which matters where a number becomes text. Such a number is a `JSON.rawJSON` object, which JSON.stringify writes as
 * it was.
 */

import { endOfString } from './json-strings.ts';
import { NOT_FINITE } from './python-json.ts';
import { WrittenText } from './written-text.ts';

declare global {
  // TypeScript's library does not have them yet; Node has since 21.
  interface JSON {
    rawJSON(text: string): { readonly rawJSON: string };
    isRawJSON(value: unknown): value is { readonly rawJSON: string };
  }
}

export type JsonObject = { readonly [key: string]: unknown };

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' &&
  value !== null &&
  !Array.isArray(value) &&
  !isRawNumber(value) &&
  !(value instanceof WrittenText);

export const isRawNumber = (value: unknown): value is { readonly rawJSON: string } => JSON.isRawJSON(value);

/** A JSON number, however it is held. */
export const isNumber = (value: unknown): value is number | { readonly rawJSON: string } =>
  typeof value === 'number' || isRawNumber(value);

/** NaN or an infinity in memory: JSON has none, and JSON.stringify writes null. */
export const isNotFinite = (value: unknown): boolean => typeof value === 'number' && !Number.isFinite(value);

export const toDouble = (value: number | { readonly rawJSON: string }): number =>
  typeof value === 'number' ? value : Number(value.rawJSON);

/** As it was written. */
export const sourceOf = (value: number | { readonly rawJSON: string }): string =>
  typeof value === 'number' ? String(value) : value.rawJSON;

/**
 * Some six times slower than JSON.parse: only for texts that need it. Recursive: only for depths that were checked. A long
 * integer always keeps its text, so that a plain number of that size is known to be a float.
 */
export const parseExactly = (text: string): unknown =>
  JSON.parse(text, (key: string, value: unknown, context?: { readonly source?: string }) => {
    const source = typeof value === 'number' ? context?.source : undefined;
    if (source === undefined || isReplaced(key, source)) return value;
    return source === String(value) && !hasLongInteger(source) ? value : JSON.rawJSON(source);
  });

/** Kept as Infinity, which is written as null. */
const isReplaced = (key: string, source: string): boolean => key === 'score' && source === NOT_FINITE;

/** An integer that a double may not hold, 16 digits and more, in a JSON text without its strings. */
export const hasLongInteger = (text: string): boolean => /(?:^|[:[,\s])-?\d{16}\d*(?![.\d])/.test(text);

/** How deep lists and objects nest; stops counting past `enough`, and at a string that never closes. */
export function depthOf(text: string, enough: number): number {
  let depth = 0;
  let deepest = 0;
  for (let at = 0; at < text.length && deepest <= enough; at++) {
    const unit = text.charCodeAt(at);
    if (unit === 0x22) {
      at = endOfString(text, at);
      if (at === -1) break;
    } else if (unit === 0x7b || unit === 0x5b) {
      if (++depth > deepest) deepest = depth;
    } else if (unit === 0x7d || unit === 0x5d) depth--;
  }
  return deepest;
}

/** A JSON number as Python's `str` writes it: `5` is an int, `5.0` and `1e5` are floats. */
export function pythonText(number: number | { readonly rawJSON: string }): string {
  const source = sourceOf(number);
  return /^-?\d+$/.test(source) ? integerText(source) : pythonFloat(Number(source));
}

/** A JSON integer as Python writes it. There are no leading zeros to lose; a BigInt of a million digits takes a second. */
export const integerText = (source: string): string => (source === '-0' ? '0' : source);

/** Python's repr: shortest digits that read back the same, as in JavaScript, but with an exponent from 1e16 and below 1e-4. */
function pythonFloat(double: number): string {
  if (!Number.isFinite(double)) return double > 0 ? 'inf' : '-inf';
  if (double === 0) return Object.is(double, -0) ? '-0.0' : '0.0';
  const [mantissa = '', exponent = '0'] = double.toExponential().split('e');
  const power = Number(exponent);
  if (power >= 16 || power < -4)
    return `${mantissa}e${power < 0 ? '-' : '+'}${String(Math.abs(power)).padStart(2, '0')}`;
  if (Number.isInteger(double)) return `${double}.0`;
  return power < 0 ? plainFraction(mantissa, power) : String(double);
}

/** JavaScript goes over to an exponent below 1e-6 only, so between there and 1e-4 both write plain digits. */
const plainFraction = (mantissa: string, power: number): string => {
  const digits = mantissa.replace(/[-.]/g, '');
  return `${mantissa.startsWith('-') ? '-' : ''}0.${'0'.repeat(-power - 1)}${digits}`;
};

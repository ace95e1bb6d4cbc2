/*
 * JSON whose numbers keep what a double would lose: integers past 2^53, and how a number was written (`5.0`, `1e5`),
 * which matters where a number becomes text. Such a number is a `JSON.rawJSON` object, which JSON.stringify writes as
 * it was.
 */

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

export const toDouble = (value: number | { readonly rawJSON: string }): number =>
  typeof value === 'number' ? value : Number(value.rawJSON);

/** As it was written. */
export const sourceOf = (value: number | { readonly rawJSON: string }): string =>
  typeof value === 'number' ? String(value) : value.rawJSON;

/** Some six times slower than JSON.parse: only for texts that need it. Recursive: only for depths that were checked. */
export const parseExactly = (text: string): unknown =>
  JSON.parse(text, (_key: string, value: unknown, context?: { readonly source?: string }) =>
    typeof value === 'number' && context?.source !== undefined && context.source !== String(value)
      ? JSON.rawJSON(context.source)
      : value,
  );

/** An integer that a double may not hold, 16 digits and more, in a JSON text without its strings. */
export const hasLongInteger = (text: string): boolean => /(?:^|[:[,\s])-?\d{16}\d*(?![.\d])/.test(text);

/**
 * Whether the test is met by one of the pieces of JSON between its strings. No regular expression: one that steps over a
 * string of some megabytes runs out of stack.
 */
export function someBetweenStrings(text: string, test: (piece: string) => boolean): boolean {
  for (let from = 0; ; ) {
    const quote = text.indexOf('"', from);
    if (test(quote === -1 ? text.slice(from) : text.slice(from, quote))) return true;
    let end = quote === -1 ? -1 : text.indexOf('"', quote + 1);
    while (end !== -1 && isEscaped(text, end)) end = text.indexOf('"', end + 1);
    if (end === -1) return false;
    from = end + 1;
  }
}

/** How deep lists and objects nest in valid JSON; stops counting past `enough`. */
export function depthOf(text: string, enough: number): number {
  let depth = 0;
  let deepest = 0;
  for (let at = 0; at < text.length && deepest <= enough; at++) {
    const unit = text.charCodeAt(at);
    if (unit === 0x22) {
      at = text.indexOf('"', at + 1);
      while (isEscaped(text, at)) at = text.indexOf('"', at + 1);
    } else if (unit === 0x7b || unit === 0x5b) {
      if (++depth > deepest) deepest = depth;
    } else if (unit === 0x7d || unit === 0x5d) depth--;
  }
  return deepest;
}

const isEscaped = (text: string, quote: number): boolean => {
  let at = quote;
  while (text[at - 1] === '\\') at--;
  return (quote - at) % 2 === 1;
};

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

import { isNumber, sourceOf, toDouble } from '../../json/exact-json.ts';

/*
 * Numbers as pydantic 2's lax mode reads them, which is how NAT reads `candidate_index` and `score`.
 * Held to pydantic itself by test/golden/pydantic-lax.json.
 */

/**
 * UTF-16 code units of a number's text, white space included; longer text is no number. Any double written out exactly
 * takes 1,077 at most (a sign, "0." and 1,074 digits), and 4,300 digits are pydantic's own limit for an integer.
 */
const MAX_NUMBER_TEXT = 4300;

/** Undefined where pydantic would refuse. NaN and infinities are numbers here. */
export function laxFloat(found: unknown): number | undefined {
  if (isNumber(found)) return toDouble(found);
  if (typeof found === 'boolean') return Number(found);
  if (typeof found !== 'string' || found.length > MAX_NUMBER_TEXT) return undefined;
  const text = trim(found);
  return floatOf(text) ?? floatOf(withoutUnderscores(found));
}

/** Past 2^53 the double nearest: an index there is nobody's. */
export function laxInt(found: unknown): number | undefined {
  if (isNumber(found)) {
    const double = toDouble(found);
    // A plain number of this size was written as a float: a long integer has its text with it.
    const isInteger = typeof found === 'number' ? Number.isSafeInteger(found) : /^-?\d+$/.test(sourceOf(found));
    if (isInteger) return double + 0;
    return Number.isInteger(double) && Math.abs(double) < 2 ** 63 ? double + 0 : undefined;
  }
  if (typeof found === 'boolean') return Number(found);
  return typeof found === 'string' ? intOf(found) : undefined;
}

/** Digits with single underscores between them, a sign, and a fraction of zeros. */
const INTEGER = /^[+-]?\d+(?:_\d+)*(?:\.0+)?$/;

const intOf = (found: string): number | undefined => {
  if (found.length > MAX_NUMBER_TEXT) return undefined;
  const text = trim(found);
  if (!INTEGER.test(text)) return undefined;
  // "-0" is the integer 0.
  return Number(text.replaceAll('_', '')) + 0;
};

const floatOf = (text: string | undefined): number | undefined => {
  if (text === undefined) return undefined;
  if (/^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?$/.test(text)) return Number(text);
  const word = /^([+-]?)(inf|infinity|nan)$/i.exec(text);
  if (!word) return undefined;
  if (word[2]?.toLowerCase() === 'nan') return Number.NaN;
  return word[1] === '-' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
};

const withoutUnderscores = (text: string): string | undefined =>
  /^_|_$|__/.test(text) || !text.includes('_') ? undefined : text.replaceAll('_', '');

/** Rust's trim: Unicode's White_Space, which has U+0085 and not U+FEFF, unlike JavaScript's. */
const trim = (text: string): string => {
  let [start, end] = [0, text.length];
  while (start < end && WHITE_SPACE.test(text.charAt(start))) start++;
  while (end > start && WHITE_SPACE.test(text.charAt(end - 1))) end--;
  return text.slice(start, end);
};
const WHITE_SPACE = /\p{White_Space}/u;

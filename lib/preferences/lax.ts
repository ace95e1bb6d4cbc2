import { isNumber, sourceOf, toDouble } from '../traces/exact-json.ts';

/*
 * Numbers as pydantic 2's lax mode reads them, which is how NAT reads `candidate_index` and `score`.
 * Held to pydantic itself by test/golden/pydantic-lax.json.
 */

/** Undefined where pydantic would refuse. NaN and infinities are numbers here. */
export function laxFloat(found: unknown): number | undefined {
  if (isNumber(found)) return toDouble(found);
  if (typeof found === 'boolean') return Number(found);
  if (typeof found !== 'string') return undefined;
  const text = trim(found);
  return floatOf(text) ?? floatOf(withoutUnderscores(found));
}

/** Past 2^53 the double nearest: an index there is nobody's. */
export function laxInt(found: unknown): number | undefined {
  if (isNumber(found)) {
    if (/^-?\d+$/.test(sourceOf(found))) return toDouble(found);
    const double = toDouble(found);
    return Number.isInteger(double) && Math.abs(double) < 2 ** 63 ? double + 0 : undefined;
  }
  if (typeof found === 'boolean') return Number(found);
  return typeof found === 'string' ? intOf(found) : undefined;
}

/** Digits with single underscores between them, a sign, and a fraction of zeros. */
const INTEGER = /^[+-]?\d+(?:_\d+)*(?:\.0+)?$/;
/** pydantic's own limit, against quadratic parsing. */
const MAX_INTEGER_TEXT = 4300;

const intOf = (found: string): number | undefined => {
  const text = trim(found);
  if (found.length > MAX_INTEGER_TEXT || !INTEGER.test(text)) return undefined;
  // "-0" is the integer 0.
  return Number(text.replaceAll('_', '')) + 0;
};

const floatOf = (text: string | undefined): number | undefined => {
  if (text === undefined) return undefined;
  if (/^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/.test(text)) return Number(text);
  const word = /^([+-]?)(inf|infinity|nan)$/i.exec(text);
  if (!word) return undefined;
  if (word[2]?.toLowerCase() === 'nan') return Number.NaN;
  return word[1] === '-' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
};

const withoutUnderscores = (text: string): string | undefined =>
  /^_|_$|__/.test(text) || !text.includes('_') ? undefined : text.replaceAll('_', '');

/** Rust's trim: Unicode's White_Space, which has U+0085 and not U+FEFF, unlike JavaScript's. */
const trim = (text: string): string => text.replace(/^\p{White_Space}+|\p{White_Space}+$/gu, '');

import { isNotFinite, isNumber, sourceOf } from './json/exact-json.ts';

/** An id as text: text, or a number as it is written. Undefined where it is neither. */
export function readKey(found: unknown): string | undefined {
  if (typeof found === 'string') return found;
  return isNumber(found) && !isNotFinite(found) ? sourceOf(found) : undefined;
}

/** One key of several, with `|` between them and escaped inside them: different parts never give one key. */
export const joinKeys = (parts: readonly string[]): string =>
  parts.map((part) => part.replaceAll(/[\\|]/g, (character) => `\\${character}`)).join('|');

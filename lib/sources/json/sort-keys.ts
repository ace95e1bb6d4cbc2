import { isObject } from './exact-json.ts';

/** Alike for values that differ only in the order of their keys. */
export const sortedText = (value: unknown): string => JSON.stringify(sortKeys(value));

/** The value with the keys of all its objects in code-unit order: equal values are equal text. */
export function sortKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortKeys);
  if (!isObject(value)) return value;
  const entries = Object.entries(value).map(([key, inner]) => [key, sortKeys(inner)] as const);
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}

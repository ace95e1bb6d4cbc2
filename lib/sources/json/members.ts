import { isObject, type JsonObject } from './exact-json.ts';

/*
 * What is within a value of any shape: a record of another shape than expected holds nothing there.
 */

/** What the keys lead to, object by object. */
export function memberOf(found: unknown, ...keys: readonly string[]): unknown {
  let value = found;
  for (const key of keys) value = isObject(value) ? value[key] : undefined;
  return value;
}

export const listOf = (found: unknown): readonly unknown[] => (Array.isArray(found) ? found : []);

export const objectsIn = (found: unknown): readonly JsonObject[] => listOf(found).filter(isObject);

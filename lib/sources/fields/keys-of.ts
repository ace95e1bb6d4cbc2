import type { JsonObject } from '../json/exact-json.ts';
import { type JsonPointer, pointerTo } from '../json-pointer.ts';

export const pointers = (keys: readonly string[]): readonly JsonPointer[] => keys.map((key) => pointerTo([key]));

/** The first of the keys that the record has. */
export const keyIn = (record: JsonObject, keys: readonly string[]): string | undefined =>
  keys.find((key) => Object.hasOwn(record, key) && record[key] !== null);

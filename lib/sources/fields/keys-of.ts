import type { JsonObject } from '../json/exact-json.ts';
import { type JsonPointer, pointerTo } from '../json-pointer.ts';
import { KEYS } from './customary-keys.ts';
import type { FieldChoices } from './field-choices.ts';

export const pointers = (keys: readonly string[]): JsonPointer[] => keys.map((key) => pointerTo([key]));

/** The fields at their customary keys. */
export const customary = (...fields: readonly (keyof typeof KEYS & keyof FieldChoices)[]): FieldChoices =>
  Object.fromEntries(fields.map((field) => [field, pointers(KEYS[field])]));

/** The first of the keys that the record has. */
export const keyIn = (record: JsonObject, keys: readonly string[]): string | undefined =>
  keys.find((key) => Object.hasOwn(record, key) && record[key] !== null);

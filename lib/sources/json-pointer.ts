import * as z from 'zod';
import { isObject } from './json/exact-json.ts';

/** RFC 6901: `/task_id`, `/info/reward`, `/scores/0`. In a key, `~1` is `/` and `~0` is `~`. */
export const JsonPointer = z
  .string()
  .regex(/^(?:\/(?:[^~/]|~[01])*)+$/, 'must be a JSON Pointer, with a slash before each key: /task_id or /info/reward')
  .describe('A JSON Pointer into a record, such as /task_id or /info/reward.');
export type JsonPointer = z.infer<typeof JsonPointer>;

/** What a pointer reaches: a value, nothing, or text, a number or a boolean where it should go on. */
export type Reached =
  | { readonly value: unknown }
  | { readonly missing: true }
  /** The pointer up to there. */
  | { readonly blockedAt: JsonPointer };

/** A pointer's keys. */
export const parsePointer = (pointer: JsonPointer): readonly string[] =>
  pointer
    .split('/')
    .slice(1)
    .map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'));

export const pointerTo = (path: readonly (string | number)[]): JsonPointer =>
  path.map((key) => `/${String(key).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');

/** Where null is on the way, what it would hold is missing. */
export function reach(value: unknown, path: readonly string[]): Reached {
  let found = value;
  let depth = 0;
  for (const key of path) {
    if (found === null || found === undefined) return MISSING;
    if (Array.isArray(found)) found = INDEX.test(key) ? found[Number(key)] : undefined;
    else if (isObject(found)) found = Object.hasOwn(found, key) ? found[key] : undefined;
    else return { blockedAt: pointerTo(path.slice(0, depth)) };
    depth++;
  }
  return found === undefined ? MISSING : { value: found };
}

export const MISSING: Reached = { missing: true };

const INDEX = /^(?:0|[1-9]\d*)$/;

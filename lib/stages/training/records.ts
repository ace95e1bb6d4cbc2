import type * as z from 'zod';
import { ObjectNotFound } from '../../errors.ts';
import { type ObjectStore, readAll } from '../../objects/store.ts';

/** A small JSON object, checked; undefined where there is none. */
export async function readJson<T>(store: ObjectStore, key: string, schema: z.ZodType<T>): Promise<T | undefined> {
  const text = await readText(store, key);
  return text === undefined ? undefined : schema.parse(JSON.parse(text));
}

/** A small object's text; undefined where there is none. */
export async function readText(store: ObjectStore, key: string): Promise<string | undefined> {
  try {
    return new TextDecoder().decode(await readAll(store, key));
  } catch (error) {
    if (error instanceof ObjectNotFound) return undefined;
    throw error;
  }
}

/** Writes it where none stands. */
export const createJson = <T>(store: ObjectStore, key: string, schema: z.ZodType<T>, value: T) =>
  store.create(key, encode(`${JSON.stringify(schema.parse(value), null, 2)}\n`));

/** Writes text whole, in place of what stands there. */
export async function replaceText(store: ObjectStore, key: string, text: string): Promise<void> {
  await store.write(key, once(encode(text)));
}

const encode = (text: string) => new TextEncoder().encode(text);

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

import type * as z from 'zod';
import { LONGEST_LINE } from '../contract/longest-line.ts';
import { CorruptObject } from '../errors.ts';
import { crc32 } from './checksum.ts';
import { type ObjectStore, readAll } from './store.ts';

/** An object of ours as JSON text: indented, because people read these files. */
export const jsonText = (value: unknown): Uint8Array => new TextEncoder().encode(`${JSON.stringify(value, null, 2)}\n`);

/** Reads a small JSON object that the pipeline wrote itself. */
export async function readJson<Schema extends z.ZodType>(
  store: ObjectStore,
  key: string,
  schema: Schema,
): Promise<z.infer<Schema>> {
  const text = new TextDecoder().decode(await readAll(store, key));
  try {
    return schema.parse(JSON.parse(text));
  } catch (cause) {
    throw notOurs(store, key, cause);
  }
}

/** Streams an object that the pipeline wrote. Throws {@link CorruptObject} at its end where its CRC-32 is not this one. */
export async function* readChecked(store: ObjectStore, key: string, expected: number): AsyncGenerator<Uint8Array> {
  let checksum = crc32(new Uint8Array());
  for await (const chunk of store.read(key)) {
    checksum = crc32(chunk, checksum);
    yield chunk;
  }
  if (checksum !== expected) throw notOurs(store, key, new Error(`its CRC-32 is ${checksum}, not ${expected}`));
}

/** Streams the lines of a JSONL object that the pipeline wrote itself. */
export async function* readLines<Schema extends z.ZodType>(
  store: ObjectStore,
  key: string,
  schema: Schema,
): AsyncGenerator<z.infer<Schema>> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of store.read(key)) {
    // Only what is new is searched: a line can span many chunks.
    const [ending = '', ...more] = decoder.decode(chunk, { stream: true }).split('\n');
    rest += ending;
    if (rest.length > LONGEST_LINE) throw notOurs(store, key, new Error(`a line has more than ${LONGEST_LINE} bytes`));
    for (const next of more) {
      yield parseLine(rest);
      rest = next;
    }
  }
  if (rest !== '') throw notOurs(store, key, new Error('the last line is cut off'));

  function parseLine(line: string): z.infer<Schema> {
    try {
      return schema.parse(JSON.parse(line));
    } catch (cause) {
      throw notOurs(store, key, cause);
    }
  }
}

const notOurs = (store: ObjectStore, key: string, cause: unknown): CorruptObject =>
  new CorruptObject(
    `${store.name}/${key} differs from what the pipeline writes there; start the run under another run id.`,
    {
      cause,
    },
  );

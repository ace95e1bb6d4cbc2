import { InvalidRequest } from '../lib/errors.ts';
import { memoryStore } from '../lib/objects/memory-store.ts';
import type { ObjectStore, StoredObject } from '../lib/objects/store.ts';
import { DETECTED_BYTES, detectContainer } from '../lib/sources/containers/detect.ts';
import { MAX_ITEM_BYTES } from '../lib/sources/record.ts';

/** An input as the object of a store: its first bytes to look at, and once all of it to read. */
export interface OpenedInput {
  /** The object with as many bytes as `head` has of it. */
  readonly object: StoredObject;
  readonly head: ObjectStore;
  /** Reads the object from its begin to its end. */
  readonly whole: ObjectStore;
  /** Bytes of the whole object; larger than any where the end is not known yet. */
  readonly bytes: number;
  close(): Promise<void>;
}

export type Input = AsyncIterable<unknown> | Iterable<unknown>;

/** `all`: reads all of it at once, for readers that go back. */
export async function openInput(input: Input, key: string, { all }: { readonly all: boolean }): Promise<OpenedInput> {
  const chunks = toChunks(input);
  const seen: Buffer[] = [];
  let [bytes, records] = [0, 0];
  let isEnded = false;
  const readOn = async (isEnough: () => boolean): Promise<void> => {
    while (!isEnded && !isEnough()) {
      const next = await chunks.next();
      if (next.done) isEnded = true;
      else {
        seen.push(next.value.bytes);
        bytes += next.value.bytes.length;
        if (next.value.isRecord) records += 1;
      }
    }
  };
  await readOn(() => records >= HEAD_RECORDS || bytes >= HEAD_BYTES);
  if (all || isSeekable(seen)) await readOn(() => false);
  const head = memoryStore('input');
  await head.create(key, Buffer.concat(seen, bytes));
  const object = (await head.head(key)) ?? { key, bytes, etag: '' };
  const close = async (): Promise<void> => void (await chunks.return(undefined));
  if (isEnded) return { object, head, whole: head, bytes, close };
  async function* goOn(): AsyncGenerator<Uint8Array> {
    yield* seen.splice(0);
    for (let next = await chunks.next(); !next.done; next = await chunks.next()) yield next.value.bytes;
  }
  const whole: ObjectStore = {
    ...head,
    read: (name, range) => ((range?.end ?? Number.POSITIVE_INFINITY) <= bytes ? head.read(name, range) : goOn()),
  };
  return { object, head, whole, bytes: Number.MAX_SAFE_INTEGER, close };
}

/** Any record fits in it. */
const HEAD_BYTES = 2 * MAX_ITEM_BYTES;
/** Records need no more to show their format and their scores. */
const HEAD_RECORDS = 100;

/** Tables and archives have their directories at their ends. */
function isSeekable([first]: readonly Buffer[]): boolean {
  const detected = first && detectContainer(first.subarray(0, DETECTED_BYTES));
  return detected !== undefined && 'container' in detected && ['parquet', 'zip'].includes(detected.container);
}

/** Bytes are a file's, in chunks. A text is a line, which may be a record's; anything else is a record, and becomes a line. */
async function* toChunks(
  input: Input,
): AsyncGenerator<{ readonly bytes: Buffer; readonly isRecord: boolean }, undefined> {
  if (typeof input === 'string' || input instanceof Uint8Array) {
    yield { bytes: Buffer.from(input), isRecord: false };
    return undefined;
  }
  let number = 0;
  for await (const one of input) {
    if (one instanceof Uint8Array) {
      yield { bytes: Buffer.from(one.buffer, one.byteOffset, one.length), isRecord: false };
    } else if (typeof one === 'string') yield { bytes: Buffer.from(`${one}\n`), isRecord: one.startsWith('{') };
    else yield { bytes: Buffer.from(`${jsonOf(one, number)}\n`), isRecord: true };
    number += 1;
  }
  return undefined;
}

function jsonOf(record: unknown, number: number): string {
  try {
    return JSON.stringify(record) ?? 'null';
  } catch (cause) {
    const why = cause instanceof Error ? cause.message.split('\n', 1)[0] : String(cause);
    throw new InvalidRequest(`Record ${number} of the input cannot be written as JSON (${why}): give plain values.`, {
      cause,
    });
  }
}

import { CorruptObject } from '../errors.ts';

/**
 * The one port to storage. A store is one bucket (or, on this machine, one directory); keys are relative to it.
 * Drivers: `adapters/s3/s3-store.ts` and `adapters/files/file-store.ts`. `test/adapters/store-contract.ts` holds every driver to
 * what is written here.
 */
export interface ObjectStore {
  /** For messages: `s3://bucket` or the directory's path. */
  readonly name: string;

  /** The object as it is now, or undefined where there is none. */
  head(key: string): Promise<StoredObject | undefined>;

  /**
   * The object's bytes from `start` (default 0) to before `end` (default, and at most, its size), in order.
   * With a pin, exactly the pinned bytes: throws {@link InputChanged} where they are no longer to be had.
   * Without one, the bytes of one state of the object all the same. An empty range is not even asked for.
   * Throws {@link ObjectNotFound} where there is no such object.
   */
  read(key: string, options?: ReadOptions): AsyncIterable<Uint8Array>;

  /**
   * Writes a small object whole, only where none stands (S3: `If-None-Match: *`). At most one of several racers creates.
   * 'exists' can mean one's own: S3's answer may be lost, and the same request sent again. Compare what stands there.
   */
  create(key: string, body: Uint8Array): Promise<'created' | 'exists'>;

  /**
   * Writes a stream; readers see the whole object or none. Replaces what stands there unless `ifAbsent`.
   * A chunk handed over is not copied: its bytes must not change afterwards.
   */
  write(key: string, body: AsyncIterable<Uint8Array>, options?: WriteOptions): Promise<Written | 'exists'>;

  /**
   * Makes one object of the parts, in order, without their bytes passing through here where the store can copy them.
   * Replaces what stands there. Throws {@link ObjectNotFound} or {@link CorruptObject} where a part is missing or
   * shorter than it says. Where `crc32` is given the store's own checksum of the result must equal it
   * (throws {@link CorruptObject}).
   */
  compose(key: string, parts: readonly ComposePart[], options?: ComposeOptions): Promise<void>;

  /** Objects whose keys begin with `prefix`, in code-unit order of their keys. S3 lists no versions: {@link head} has them. */
  list(prefix: string): AsyncIterable<StoredObject>;

  /** Removes the object; no error where there is none. */
  remove(key: string): Promise<void>;
}

/** What names the exact bytes of an object: the version where the bucket keeps versions, and the ETag always. */
export interface Pin {
  readonly version?: string | undefined;
  readonly etag: string;
}

export interface StoredObject extends Pin {
  readonly key: string;
  readonly bytes: number;
  /** When it was written, in milliseconds of the store's own clock, where a listing tells. */
  readonly modified?: number | undefined;
  /** A link that leads out of the store, or nowhere: it is listed so that it can be named, and cannot be read. */
  readonly leadsOut?: true;
  /** Which file it is, where several keys may be one file: links of it. */
  readonly file?: string;
  /** It is a link to a file that has another key. */
  readonly isLink?: true;
}

export interface ReadOptions {
  readonly pin?: Pin | undefined;
  /** First byte. */
  readonly start?: number | undefined;
  /** One past the last byte. */
  readonly end?: number | undefined;
}

export interface WriteOptions {
  readonly ifAbsent?: boolean;
}

export interface Written {
  readonly bytes: number;
  /** CRC-32 (IEEE) of the whole object. */
  readonly crc32: number;
}

/** A whole object of so many bytes, or the `bytes` from `start` on. */
export interface ComposePart {
  readonly key: string;
  readonly start?: number;
  readonly bytes: number;
}

export interface ComposeOptions {
  /** CRC-32 (IEEE) that the composed object must have. */
  readonly crc32?: number | undefined;
  /** Called with bytes of the parts as they get to their place, for progress. */
  readonly onCopied?: ((bytes: number) => void) | undefined;
}

/** Code-unit order of keys: the same on every machine. */
export const byKey = (a: { readonly key: string }, b: { readonly key: string }): number =>
  a.key < b.key ? -1 : a.key > b.key ? 1 : 0;

/** A body that is here already, as {@link ObjectStore.write} takes it. */
export async function* inOneChunk(body: Uint8Array): AsyncGenerator<Uint8Array> {
  yield body;
}

/**
 * Reads a whole object into memory: for the small ones (request, plan, summary, manifest). Throws {@link CorruptObject}
 * where it is larger than `most` bytes.
 */
export async function readAll(
  store: ObjectStore,
  key: string,
  { most = LARGEST_SMALL_OBJECT, ...options }: ReadOptions & { readonly most?: number } = {},
): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of store.read(key, options)) {
    bytes += chunk.length;
    if (bytes > most) {
      throw new CorruptObject(
        `${store.name}/${key} is larger than ${most} bytes, the limit for such a file; start the run under another run id.`,
      );
    }
    chunks.push(chunk);
  }
  const [only] = chunks;
  if (chunks.length === 1 && only) return only;
  const whole = new Uint8Array(bytes);
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.length;
  }
  return whole;
}

/** 400 MB: a plan of a million objects. As text it is still below V8's limit of 537 million characters. */
export const LARGEST_SMALL_OBJECT = 400_000_000;

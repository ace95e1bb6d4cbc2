import { createHash } from 'node:crypto';
import { crc32Of } from './body.ts';
import { S3Failure } from './failure.ts';

/** What stands under a key, or a mark that it was deleted. */
export interface Version {
  readonly id: string | undefined;
  readonly body: Buffer | undefined;
  readonly etag: string;
  readonly crc32: string;
  readonly contentType?: string | undefined;
  readonly modified: Date;
}

export interface Upload {
  readonly id: string;
  readonly key: string;
  readonly fullObject: boolean;
  readonly parts: Map<number, Part>;
}

export interface Part {
  readonly body: Buffer;
  readonly etag: string;
}

/** One bucket in memory. Every change is one synchronous call: conditions are checked and applied atomically. */
export interface MemoryBucket {
  readonly versioned: boolean;
  readonly objects: Map<string, Version[]>;
  readonly uploads: Map<string, Upload>;
  /** Versions made so far. */
  versions: number;
}

export const memoryBucket = (versioned: boolean): MemoryBucket => ({
  versioned,
  objects: new Map(),
  uploads: new Map(),
  versions: 0,
});

export const partOf = (body: Buffer): Part => ({ body, etag: `"${md5(body)}"` });

/** The version asked for, or the newest. */
export function find(bucket: MemoryBucket, key: string, id: string | undefined): Version & { readonly body: Buffer } {
  const versions = bucket.objects.get(key) ?? [];
  const found = id === undefined ? versions.at(-1) : versions.find((version) => version.id === id);
  if (found?.body) return { ...found, body: found.body };
  if (id !== undefined) throw found ? new S3Failure(405, 'MethodNotAllowed') : new S3Failure(404, 'NoSuchVersion');
  throw new S3Failure(404, 'NoSuchKey');
}

export function store(
  bucket: MemoryBucket,
  key: string,
  body: Buffer,
  { etag = `"${md5(body)}"`, contentType }: { readonly etag?: string; readonly contentType?: string | undefined } = {},
): Version {
  return push(bucket, key, { id: nextId(bucket), body, etag, crc32: crc32Of(body), contentType });
}

export function remove(bucket: MemoryBucket, key: string): void {
  if (bucket.versioned) push(bucket, key, { id: nextId(bucket), body: undefined, etag: '', crc32: '' });
  else bucket.objects.delete(key);
}

/** `If-None-Match: *`. */
export function requireAbsent(bucket: MemoryBucket, key: string, condition: string | undefined): void {
  if (condition === undefined) return;
  if (condition !== '*') throw new S3Failure(501, 'NotImplemented', `If-None-Match: ${condition}`);
  if (bucket.objects.get(key)?.at(-1)?.body) throw new S3Failure(412, 'PreconditionFailed');
}

/** Keys that have an object now, in the order of their UTF-8 bytes. */
export const keysOf = (bucket: MemoryBucket): string[] =>
  [...bucket.objects]
    .filter(([, versions]) => versions.at(-1)?.body)
    .map(([key]) => key)
    .sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));

export interface Completion {
  readonly parts: readonly { readonly number: number; readonly etag: string; readonly crc32: string | undefined }[];
  readonly crc32: string | undefined;
  readonly bytes: number | undefined;
  readonly ifNoneMatch: string | undefined;
}

export function complete(bucket: MemoryBucket, upload: Upload, wanted: Completion, minPartBytes: number): Version {
  const parts = wanted.parts.map(({ number, etag, crc32 }, index) => {
    const part = upload.parts.get(number);
    if (part?.etag !== etag || (crc32 && crc32 !== crc32Of(part.body))) throw new S3Failure(400, 'InvalidPart');
    if (number <= (wanted.parts[index - 1]?.number ?? 0)) throw new S3Failure(400, 'InvalidPartOrder');
    if (part.body.length < minPartBytes && index < wanted.parts.length - 1) throw new S3Failure(400, 'EntityTooSmall');
    return part;
  });
  if (parts.length === 0) throw new S3Failure(400, 'MalformedXML');
  const body = Buffer.concat(parts.map((part) => part.body));
  if (wanted.bytes !== undefined && wanted.bytes !== body.length) {
    throw new S3Failure(400, 'InvalidRequest', `${body.length} bytes instead of ${wanted.bytes}`);
  }
  if (upload.fullObject && wanted.crc32 !== undefined && wanted.crc32 !== crc32Of(body)) {
    throw new S3Failure(400, 'BadDigest');
  }
  requireAbsent(bucket, upload.key, wanted.ifNoneMatch);
  bucket.uploads.delete(upload.id);
  const digests = Buffer.concat(parts.map((part) => Buffer.from(part.etag.slice(1, -1), 'hex')));
  return store(bucket, upload.key, body, { etag: `"${md5(digests)}-${parts.length}"` });
}

function push(bucket: MemoryBucket, key: string, made: Omit<Version, 'modified'>): Version {
  const version = { ...made, modified: new Date() };
  const before = bucket.versioned ? (bucket.objects.get(key) ?? []) : [];
  bucket.objects.set(key, [...before, version]);
  return version;
}

const nextId = (bucket: MemoryBucket): string | undefined =>
  bucket.versioned ? `version-${++bucket.versions}` : undefined;

const md5 = (bytes: Uint8Array): string => createHash('md5').update(bytes).digest('hex');

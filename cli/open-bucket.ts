import { fileStore } from '../adapters/files/file-store.ts';
import { type SpooledStream, spooledStore } from '../adapters/files/spooled-stream.ts';
import type { TraceLocation } from '../lib/contract/source.ts';
import type { ObjectStore } from '../lib/objects/store.ts';
import { directoryOf, isLocal } from './locations.ts';
import { STANDARD_INPUT } from './standard-input.ts';

/** What a person named of this machine, as data: each thread opens its own stores. */
export interface NamedHere {
  /** A file that is named is read though it is a link. */
  readonly locations: readonly TraceLocation[];
  /** Standard input, where it is among the traces. */
  readonly input?: SpooledStream | undefined;
}

/** The store of a bucket, or of a directory by its `file:` URL. The S3 client is loaded only for the former. */
export async function openBucket(bucket: string, named?: NamedHere): Promise<ObjectStore> {
  if (isLocal(bucket)) return openDirectory(bucket, named);
  const { s3Client, s3Store } = await import('../adapters/s3/s3-store.ts');
  return s3Store(s3Client(), bucket);
}

export function openDirectory(bucket: string, { locations, input }: NamedHere = { locations: [] }): ObjectStore {
  if (input && bucket === STANDARD_INPUT.bucket) return spooledStore(input, 'standard input');
  const keys = locations.flatMap((location) => ('key' in location && location.bucket === bucket ? [location.key] : []));
  return fileStore(directoryOf(bucket), new Set(keys));
}

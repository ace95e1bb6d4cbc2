import { fileStore } from '../adapters/files/file-store.ts';
import type { ObjectStore } from '../lib/objects/store.ts';
import { directoryOf, isLocal } from './locations.ts';

/** The store of a bucket, or of a directory by its `file:` URL. The S3 client is loaded only for the former. */
export async function openBucket(bucket: string): Promise<ObjectStore> {
  if (isLocal(bucket)) return fileStore(directoryOf(bucket));
  const { s3Client, s3Store } = await import('../adapters/s3/s3-store.ts');
  return s3Store(s3Client(), bucket);
}

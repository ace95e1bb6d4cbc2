import type { ObjectStore } from '../lib/store.ts';
import { fileStore } from './local/file-store.ts';
import { directoryOf, isLocal } from './locations.ts';

/** The store of a bucket, or of a directory by its `file:` URL. The S3 client is loaded only for the former. */
export async function openBucket(bucket: string): Promise<ObjectStore> {
  if (isLocal(bucket)) return fileStore(directoryOf(bucket));
  const { s3Client, s3Store } = await import('../functions/s3-store.ts');
  return s3Store(s3Client(), bucket);
}

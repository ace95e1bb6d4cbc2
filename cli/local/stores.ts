import { fileStore } from '../../adapters/files/file-store.ts';
import { prefixedStore } from '../../lib/objects/prefixed-store.ts';
import type { ObjectStore } from '../../lib/objects/store.ts';
import { directoryOf, isLocal, type OutLocation } from '../locations.ts';
import { locationsOf, type UnnamedRequest } from '../request-from-args.ts';

export interface Stores {
  /** A bucket of traces by its name, or by its directory's `file:` URL. */
  bucket(name: string): ObjectStore;
  readonly collections: ObjectStore;
}

/** The stores that the request reads and the run writes. The S3 client is loaded only where one of them is in S3. */
export async function openStores(request: UnnamedRequest, out: OutLocation): Promise<Stores> {
  const buckets = [out.bucket, ...locationsOf(request).map((location) => location.bucket)];
  const openS3 = buckets.every(isLocal) ? undefined : await s3Opener();
  const bucket = (name: string): ObjectStore => {
    if (isLocal(name)) return fileStore(directoryOf(name));
    if (!openS3) throw new Error(`Bucket ${name} is not one of the request's.`);
    return openS3(name);
  };
  const whole = bucket(out.bucket);
  return { bucket, collections: out.prefix === '' ? whole : prefixedStore(whole, out.prefix) };
}

async function s3Opener(): Promise<(bucket: string) => ObjectStore> {
  const { s3Client, s3Store } = await import('../../adapters/s3/s3-store.ts');
  const client = s3Client();
  return (bucket) => s3Store(client, bucket);
}

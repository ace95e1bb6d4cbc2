import { HeadObjectCommand } from '@aws-sdk/client-s3';
import type { StoredObject } from '../../lib/objects/store.ts';
import type { Bucket } from './bucket.ts';
import { answerOf, storeError } from './errors.ts';
import { unfinished } from './multipart.ts';

export async function headObject(bucket: Bucket, key: string): Promise<StoredObject | undefined> {
  try {
    const there = await bucket.client.send(new HeadObjectCommand({ Bucket: bucket.name, Key: key }));
    const { ContentLength: bytes, ETag: etag, VersionId: version } = there;
    if (bytes === undefined || !etag) throw unfinished(bucket, key, 'the head');
    return { key, bytes, etag, version };
  } catch (error) {
    // A HEAD has no body to tell a missing bucket from a missing key.
    if (answerOf(error).status === 404) return undefined;
    throw storeError(bucket, key, error);
  }
}

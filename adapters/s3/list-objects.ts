import { paginateListObjectsV2 } from '@aws-sdk/client-s3';
import type { StoredObject } from '../../lib/objects/store.ts';
import type { Bucket } from './bucket.ts';
import { storeError } from './errors.ts';
import { unfinished } from './multipart.ts';

export interface ListOptions {
  /** Keys that have it after the prefix are left out: with "/" what lies in folders below. */
  readonly delimiter?: string;
}

/** Objects whose keys begin with `prefix`, in the order of S3: by the bytes of their keys in UTF-8. */
export async function* listObjects(
  bucket: Bucket,
  prefix: string,
  { delimiter }: ListOptions = {},
): AsyncGenerator<StoredObject> {
  const asked = { Bucket: bucket.name, Prefix: prefix, Delimiter: delimiter };
  const pages = paginateListObjectsV2({ client: bucket.client }, asked);
  try {
    for await (const page of pages) {
      if (page.Name === undefined && page.KeyCount === undefined) throw unfinished(bucket, prefix, 'a listing');
      for (const { Key: key, Size: bytes, ETag: etag, LastModified: modified } of page.Contents ?? []) {
        if (key === undefined || bytes === undefined || etag === undefined) continue;
        yield { key, bytes, etag, modified: modified?.getTime() };
      }
    }
  } catch (error) {
    throw storeError(bucket, prefix, error);
  }
}

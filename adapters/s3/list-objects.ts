import { type ListObjectsV2CommandOutput, paginateListObjectsV2 } from '@aws-sdk/client-s3';
import { StoreRefused } from '../../lib/errors.ts';
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
  const pages = paginateListObjectsV2(
    { client: bucket.client },
    // XML has no control characters, and keys may have them.
    { Bucket: bucket.name, Prefix: prefix, Delimiter: delimiter, EncodingType: 'url' },
  );
  try {
    for await (const page of pages) {
      if (page.Name === undefined && page.KeyCount === undefined) throw unfinished(bucket, prefix, 'a listing');
      for (const { Key, Size: bytes, ETag: etag, LastModified: modified } of page.Contents ?? []) {
        if (Key === undefined || bytes === undefined || etag === undefined) continue;
        yield { key: decodeKey(bucket, Key, page), bytes, etag, modified: modified?.getTime() };
      }
    }
  } catch (error) {
    throw storeError(bucket, prefix, error);
  }
}

/** A server that does not encode keys does not say that it does. */
function decodeKey(bucket: Bucket, key: string, { EncodingType: encoding }: ListObjectsV2CommandOutput): string {
  if (encoding === 'url') return decodeURIComponent(key.replaceAll('+', ' '));
  if (!key.includes(REPLACED)) return key;
  throw new StoreRefused(
    `The server lists an object of s3://${bucket.name} as "${key}": it shows no control characters, so the object cannot be asked for. Rename it.`,
  );
}

/** What servers in Go write for a character that XML does not have. */
const REPLACED = '\ufffd';

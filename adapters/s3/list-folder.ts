import { paginateListObjectsV2, type S3Client } from '@aws-sdk/client-s3';
import type { GatherDeps } from '../../lib/stages/gather-uploads.ts';
import { S3_LIMITS } from './bucket.ts';
import { storeError } from './errors.ts';

/** The files right in a folder of a bucket, with the times of their uploads; what lies in folders below is left out. */
export const listFolder = (client: S3Client): GatherDeps['listFolder'] =>
  async function* (bucket, folder) {
    const pages = paginateListObjectsV2({ client }, { Bucket: bucket, Prefix: folder, Delimiter: '/' });
    try {
      for await (const { Contents: objects = [] } of pages) {
        for (const { Key: key, ETag: etag, LastModified: modified } of objects) {
          if (key === undefined || etag === undefined || modified === undefined) continue;
          yield { key, etag, modified: modified.getTime() };
        }
      }
    } catch (error) {
      const at = { client, name: bucket, limits: S3_LIMITS, tagsOf: () => undefined };
      throw storeError(at, folder, error);
    }
  };

import type { S3Client } from '@aws-sdk/client-s3';
import type { GatherDeps } from '../../lib/stages/gather-uploads.ts';
import { S3_LIMITS } from './bucket.ts';
import { listObjects } from './list-objects.ts';

/** The files right in a folder of a bucket, with the times of their uploads; what lies in folders below is left out. */
export const listFolder = (client: S3Client): GatherDeps['listFolder'] =>
  async function* (bucket, folder) {
    const at = { client, name: bucket, limits: S3_LIMITS, tagsOf: () => undefined };
    for await (const { key, etag, modified } of listObjects(at, folder, { delimiter: '/' })) {
      if (modified !== undefined) yield { key, etag, modified };
    }
  };

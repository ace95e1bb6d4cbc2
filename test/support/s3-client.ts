import { S3Client } from '@aws-sdk/client-s3';
import type { S3Server } from './s3-server.ts';

export const PART = 1_024;
/** S3's own limits made small, so that a test needs kilobytes. */
export const SMALL = {
  minPartBytes: PART,
  maxPartBytes: 4 * PART,
  rangeBytes: 2 * PART,
  partBytes: () => 2 * PART,
  idleMs: 150,
  conflictWaitMs: 1,
};
/** The tests' S3 takes an access key for the name of its user. */
export const clientOf = (server: S3Server, accessKeyId = 'test') =>
  new S3Client({
    endpoint: server.endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId, secretAccessKey: 'test' },
  });

import type { S3Client } from '@aws-sdk/client-s3';

/** One bucket, and how to talk to it. */
export interface Bucket {
  readonly client: S3Client;
  readonly name: string;
  readonly limits: S3Limits;
  /** Tags of a new object with this key, as S3's API writes them. */
  readonly tagsOf: (key: string) => string | undefined;
}

/** S3's limits on parts (https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html), and this driver's own sizes and times. */
export interface S3Limits {
  /** Every part but the last has at least this many bytes. */
  readonly minPartBytes: number;
  /** No part has more bytes. */
  readonly maxPartBytes: number;
  readonly maxParts: number;
  /** Bytes asked for in one GET: a body that dies costs no more than this. */
  readonly rangeBytes: number;
  /** Bytes of the n-th part (from 1) of a stream whose length is not known. */
  readonly partBytes: (number: number) => number;
  /** A GET that yields no byte for so long is given up and asked for again, in milliseconds. */
  readonly idleMs: number;
  /** Before a PUT that met another one is sent again, in milliseconds; doubles each time. */
  readonly conflictWaitMs: number;
}

const MiB = 2 ** 20;

export const S3_LIMITS: S3Limits = {
  minPartBytes: 5 * MiB,
  maxPartBytes: 5 * 1024 * MiB,
  maxParts: 10_000,
  rangeBytes: 8 * MiB,
  partBytes: growingPartBytes,
  idleMs: 20_000,
  conflictWaitMs: 100,
};

/** Half of what so many parts can hold (24 TiB): a tree's branches never divide evenly into parts. */
export const mostComposedBytes = ({ maxParts, maxPartBytes }: S3Limits): number => (maxParts * maxPartBytes) / 2;

/**
 * A stream's length is not known before its end, and parts are held in memory: they stay small as long as they can
 * (8 MiB up to 7.8 GiB in all, 64 MiB up to 70 GiB) and grow only so that 10,000 of them hold S3's 5 TiB.
 */
function growingPartBytes(number: number): number {
  if (number <= 1_000) return 8 * MiB;
  if (number <= 2_000) return 64 * MiB;
  return 656 * MiB;
}

import type { S3Client } from '@aws-sdk/client-s3';
import type { S3Limits } from '../../adapters/s3/bucket.ts';
import { s3Store } from '../../adapters/s3/s3-store.ts';
import type { ObjectStore } from '../../lib/objects/store.ts';
import { memoryStore } from '../support/memory-store.ts';
import { clientOf, PART, SMALL } from '../support/s3-client.ts';
import { type S3Server, startS3Server } from '../support/s3-server.ts';
import type { MakeStores } from './crashes.ts';

/** Two buckets over HTTP, emptied whenever stores are made. */
export interface OverS3 {
  readonly server: S3Server;
  readonly makeStores: MakeStores;
}

export interface OverS3Options {
  /** Keys in a page of a listing; by default one. */
  readonly pageSize?: number;
  /** Whether the bucket of the traces keeps versions; by default it does. */
  readonly versioned?: boolean;
  /** By default so small that small files are read, uploaded and copied in parts. */
  readonly limits?: Partial<S3Limits>;
}

/** First parts as small, and the rest in fewer requests. */
export const COARSER: OverS3Options = {
  limits: { rangeBytes: 65_536, maxPartBytes: 65_536, partBytes: (number) => 4_096 * number },
};

/** A server of its own for the work, so that several can go on at once. */
export async function overS3<Result>(
  work: (s3: OverS3) => Promise<Result>,
  { pageSize = 1, versioned = true, limits = {} }: OverS3Options = {},
): Promise<Result> {
  const server = await startS3Server({ minPartBytes: PART, pageSize });
  const client = clientOf(server);
  try {
    return await work({ server, makeStores: s3Stores(server, client, versioned, limits) });
  } finally {
    client.destroy();
    await server.close();
  }
}

/** A wait that a busy machine does not run out of. */
const LIMITS = { ...SMALL, partBytes: () => 4_096, idleMs: 1_000 };

const s3Stores =
  (server: S3Server, client: S3Client, versioned: boolean, limits: Partial<S3Limits>): MakeStores =>
  async () => {
    server.createBucket('traces', { versioned });
    server.createBucket('collections');
    return {
      traces: s3Store(client, 'traces', { ...LIMITS, ...limits }),
      collections: s3Store(client, 'collections', { ...LIMITS, ...limits }),
      standing: () => standing(server, 'collections'),
      requireNoUploads: (after) => requireNoUploads(server, after),
    };
  };

function standing(server: S3Server, bucket: string): ObjectStore {
  const store = memoryStore(bucket);
  for (const key of server.keys(bucket)) {
    const body = server.get(bucket, key);
    if (body) store.objects.set(key, body);
  }
  return store;
}

export function requireNoUploads(server: S3Server, after: string): void {
  const open = server.uploads();
  if (open.length > 0) throw new Error(`uploads neither completed nor aborted after ${after}: ${open.join(', ')}`);
}

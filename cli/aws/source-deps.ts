import { fileStore } from '../../adapters/files/file-store.ts';
import type { Deps } from '../../lib/stages/deps.ts';
import { openBucket } from '../open-bucket.ts';
import { locationsOf, type UnnamedRequest } from '../request-from-args.ts';

/** The stores from which this machine reads a request's source: its traces, or its workflow's dataset. Nothing is written. */
export async function sourceDeps(request: UnnamedRequest, codeVersion: string): Promise<Deps> {
  const locations = locationsOf(request);
  const buckets = new Map(
    await Promise.all(locations.map(async ({ bucket }) => [bucket, await openBucket(bucket, { locations })] as const)),
  );
  const unused = fileStore('.');
  return {
    bucket: (name) => buckets.get(name) ?? unused,
    collections: unused,
    collectionsBucket: '',
    now: () => new Date(),
    codeVersion,
  };
}

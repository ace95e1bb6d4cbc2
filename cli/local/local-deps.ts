import { prefixedStore } from '../../lib/objects/prefixed-store.ts';
import type { ObjectStore } from '../../lib/objects/store.ts';
import type { Deps } from '../../lib/stages/deps.ts';
import { addressOf, isLocal, type OutLocation } from '../locations.ts';
import { type NamedHere, openDirectory } from '../open-bucket.ts';

/** What a run's tasks work on, as data: each thread opens its own. */
export interface LocalPlaces {
  readonly out: OutLocation;
  /** A bucket of the run is in S3. */
  readonly inS3: boolean;
  readonly codeVersion: string;
  readonly named?: NamedHere;
}

/** The S3 client is loaded only where a bucket is in S3. */
export async function openDeps({ out, inS3, codeVersion, named }: LocalPlaces): Promise<Deps> {
  const openS3 = inS3 ? await s3Opener() : undefined;
  const bucket = (name: string): ObjectStore => {
    if (isLocal(name)) return openDirectory(name, named);
    if (!openS3) throw new Error(`The request does not name bucket ${name}.`);
    return openS3(name);
  };
  const whole = bucket(out.bucket);
  return {
    bucket,
    collections: out.prefix === '' ? whole : prefixedStore(whole, out.prefix),
    collectionsBucket: addressOf(out),
    now: () => new Date(),
    codeVersion,
  };
}

async function s3Opener(): Promise<(bucket: string) => ObjectStore> {
  const { s3Client, s3Store } = await import('../../adapters/s3/s3-store.ts');
  const client = s3Client();
  return (bucket) => s3Store(client, bucket);
}

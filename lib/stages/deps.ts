import type { ObjectStore } from '../objects/store.ts';

/** What a step is given: it has no clock, no client and no environment of its own. */
export interface Deps {
  /** The store of a bucket that the request names. */
  readonly bucket: (name: string) => ObjectStore;
  /** Where runs are written. */
  readonly collections: ObjectStore;
  readonly collectionsBucket: string;
  readonly now: () => Date;
  /** Of this code: part of the manifest. */
  readonly codeVersion: string;
}

/** The store of a bucket, where the run's own may be meant: on this machine it can lie under a prefix of its bucket. */
export const storeOf = (
  bucket: string,
  deps: Pick<Deps, 'bucket' | 'collections' | 'collectionsBucket'>,
): ObjectStore => (bucket === deps.collectionsBucket ? deps.collections : deps.bucket(bucket));

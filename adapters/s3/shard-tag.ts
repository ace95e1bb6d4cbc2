/**
 * What marks the objects of a shard in S3, and what was chosen of its pairs: once their run is committed nobody reads
 * them, and the bucket's lifecycle rule can only find them by a tag (`infra/buckets.ts`).
 */
export const SHARD_TAG = { 'dpo-trajectories': 'shard' } as const;

/** The tags of an object with this key, as S3's API writes them; undefined for none. */
export const tagsOf = (key: string): string | undefined =>
  /^runs\/[^/]+\/(shards|choice)\//.test(key) ? new URLSearchParams(SHARD_TAG).toString() : undefined;

/**
 * The samples of 32 shards show what is in a collection, and what a run reads for its report then stays the same for any
 * size. Many shards, because groups that are close together were often written on the same day by the same agent.
 */
export const MOST_SAMPLED_SHARDS = 32;

/** The ordinals of the shards whose samples the report reads: all of a few, else evenly spaced ones. */
export function pickShards(shards: number): number[] {
  const picked = Math.min(shards, MOST_SAMPLED_SHARDS);
  return Array.from({ length: picked }, (_, index) => Math.floor((index * shards) / picked));
}

/**
 * What each of so many shards keeps, as a part of the whole sample's size: four times its even share, since one shard can
 * hold more of what ranks first than another, and a fifth at least. Of up to four shards the merged sample is exact.
 */
export const shareSample = (shards: number): number => Math.min(1, Math.max(1 / 5, 4 / Math.max(1, shards)));

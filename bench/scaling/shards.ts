import type { Job } from './job.ts';

/**
 * How many shards the plan has, without planning: what `cutShards` makes of objects that are all alike. A large object
 * is cut into pieces of `shardBytes`; small ones, and gzip of any size, go whole and several to a shard.
 */
export function shardCount(job: Job): number {
  const { objects, objectBytes, shardBytes } = job;
  if (isCut(job)) return objects * Math.ceil(objectBytes / shardBytes);
  const packed = Math.min(Math.floor(shardBytes / objectBytes), MOST_SLICES);
  return Math.ceil(objects / Math.max(1, packed));
}

/** A map's item has 64 KiB of plan at most (`cutShards`): whole objects with keys of some 60 characters. */
const MOST_SLICES = Math.floor(65_536 / 200);

/** Bytes of each shard, in the mean. */
export const meanShardBytes = (job: Job): number => (job.objects * job.objectBytes) / shardCount(job);

/** Shards of one object that Finalize compares for repeated ids: those of a cut object. */
export const isCut = ({ form, objectBytes, shardBytes }: Job): boolean => form !== 'gzip' && objectBytes > shardBytes;

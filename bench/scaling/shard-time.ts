import { S3_LIMITS } from '../../adapters/s3/bucket.ts';
import { type Figures, mean } from './figures.ts';
import type { Job } from './job.ts';
import type { Speed } from './limits.ts';
import { isCut, meanShardBytes } from './shards.ts';

/** One shard of a job, as a function of AWS's does it. */
export interface ShardWork {
  /** Of the handler, the sandbox warm: what its work takes, or its bytes on the network, whichever is longer. */
  readonly seconds: number;
  readonly gets: number;
  /** PUTs, parts and the like: all that S3 counts to the 3,500 a second. */
  readonly puts: number;
  /** What it adds to the collection. */
  readonly collectionBytes: number;
}

/** The mean shard. */
export function shardWork(job: Job, { shard, smallestShardSeconds }: Figures, speed: Speed): ShardWork {
  const bytes = meanShardBytes(job);
  const collectionBytes = (bytes * shard.collectionBytes) / shard.bytes;
  const perByte = Math.max(0, mean(shard.seconds) - smallestShardSeconds) / shard.bytes;
  const working = (smallestShardSeconds + bytes * perByte) * speed.lambdaSlowdown;
  const moving = (bytes + collectionBytes) / speed.networkBytesPerSecond;
  return {
    seconds: Math.max(working, moving) + REQUESTS_IN_TURN * speed.getSeconds,
    gets: Math.ceil(bytes / S3_LIMITS.rangeBytes) + GETS,
    puts: putsOf(collectionBytes) + (isCut(job) ? PUTS + 1 : PUTS),
    collectionBytes,
  };
}

/** HEAD of the summary; GET of the request, and of the end of an item that reaches behind the slice. */
const GETS = 3;
/** Rejected, index, summary; of a cut object also ids. */
const PUTS = 3;
/** HEAD, request, first range; the end: collection, ids, summary. */
const REQUESTS_IN_TURN = 6;

/** One PUT while all fits into one part; else the upload's beginning, its parts and its end. */
export const putsOf = (bytes: number): number => {
  const part = S3_LIMITS.partBytes(1);
  return bytes < part ? 1 : 2 + Math.ceil(bytes / part);
};

import { S3_LIMITS } from '../../adapters/s3/bucket.ts';
import type { Estimate } from './arithmetic.ts';
import type { Figures } from './figures.ts';
import { finalizeMemory, pairsIn } from './finalize-room.ts';
import { collectionOf } from './finalize-time.ts';
import type { Job } from './job.ts';
import { AWS, type AwsLimits, MAP_PLAN_BYTES, SPEED, type Speed } from './limits.ts';

/** A limit of the run, and how much of it a job takes: above 1 it does not work. */
export interface Share {
  readonly limit: string;
  readonly share: number;
}

export function limitsMet(
  job: Job,
  figures: Figures,
  estimate: Estimate,
  limits: AwsLimits = AWS,
  speed: Speed = SPEED,
): readonly Share[] {
  const { bytes, pairs } = collectionOf(job, figures, speed);
  const { maxParts, maxPartBytes } = S3_LIMITS;
  const slowest = Math.max(...[estimate.map, ...estimate.exports].map(({ childSeconds }) => childSeconds));
  const chosen = job.formats.length === 0 ? 0 : pairs / pairsIn(job.finalizeMb, job.formats);
  return [
    { limit: 'a shard in 15 minutes', share: (slowest * speed.slowFactor) / limits.lambdaSeconds },
    { limit: 'Finalize in 15 minutes', share: Math.max(...estimate.finalize) / limits.lambdaSeconds },
    { limit: "Finalize's memory", share: finalizeMemory(job, figures, speed) / (job.finalizeMb * 2 ** 20) },
    { limit: 'the pairs that fit it', share: chosen },
    // What `composeObject` refuses: half of what 10,000 parts of 5 GiB hold.
    { limit: 'a collection of 24.4 TiB', share: bytes / ((maxParts * maxPartBytes) / 2) },
    { limit: 'a plan of 10 GiB', share: (estimate.shards * figures.planBytes) / MAP_PLAN_BYTES },
  ];
}

/** The one that is met first as the job grows. */
export const nearest = (shares: readonly Share[]): Share | undefined => shares.toSorted((a, b) => b.share - a.share)[0];

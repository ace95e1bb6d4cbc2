import type { Figures } from './figures.ts';
import type { Job } from './job.ts';
import type { Speed } from './limits.ts';
import { shardWork } from './shard-time.ts';
import { shardCount } from './shards.ts';
import { phaseWork } from './stretch-time.ts';
import { stretchCount } from './stretches.ts';

/** A Distributed Map, whose children are all alike. */
export interface MapWork {
  readonly children: number;
  readonly maxConcurrency: number;
  /** Of one child, in the mean. */
  readonly seconds: number;
  /** What was measured, which `seconds` varies as. */
  readonly measured: readonly number[];
  /** Requests of one child to S3. */
  readonly gets: number;
  readonly puts: number;
}

export function buildShards(job: Job, figures: Figures, speed: Speed): MapWork {
  const { maxConcurrency } = job;
  const { seconds, gets, puts } = shardWork(job, figures, speed);
  return { children: shardCount(job), maxConcurrency, seconds, measured: figures.shard.seconds, gets, puts };
}

/** The maps over the stretches of a job's collection, one after the other. */
export function exportStretches(job: Job, figures: Figures, speed: Speed): readonly MapWork[] {
  const { maxConcurrency } = job;
  const collectionBytes = shardCount(job) * shardWork(job, figures, speed).collectionBytes;
  const children = stretchCount(job, collectionBytes);
  const [format] = job.formats;
  if (children === 0 || !format) return [];
  const { record, write } = phaseWork(collectionBytes / children, format, figures, speed);
  return [
    { children, maxConcurrency, measured: figures.stretch.record, ...record },
    { children, maxConcurrency, measured: figures.stretch.write[format].seconds, ...write },
  ];
}

import { RESERVED_MS } from '../../lib/stages/cut-in-rounds.ts';
import type { Figures } from './figures.ts';
import { inputBytes, type Job } from './job.ts';
import type { AwsLimits, Speed } from './limits.ts';
import { isCut, shardCount } from './shards.ts';

export interface EvaluateWork {
  /** Finding the traces, looking at the large ones, writing the plan: in every round, the last one's writing apart. */
  readonly eachRound: number;
  /** Reading arrays for their cuts, all rounds together. */
  readonly scan: number;
  /** How long a round may scan before it leaves the rest to the next. */
  readonly scanPerRound: number;
  readonly rounds: number;
}

/** Keys of one page of a listing. */
const PAGE = 1_000;
/** Objects that `cutShards` looks at ahead. */
const LOOKS_AHEAD = 64;

export function evaluateWork(job: Job, figures: Figures, limits: AwsLimits, speed: Speed): EvaluateWork {
  const listing = Math.ceil(job.objects / PAGE) * speed.listSeconds;
  const looking = isCut(job) ? Math.ceil(job.objects / LOOKS_AHEAD) * speed.getSeconds : 0;
  const writing = (shardCount(job) * figures.planBytes) / speed.networkBytesPerSecond;
  const rate = Math.min(figures.scanBytesPerSecond / speed.lambdaSlowdown, speed.networkBytesPerSecond);
  const scan = isCut(job) && job.form === 'array' ? inputBytes(job) / rate : 0;
  const eachRound = listing + looking + writing;
  const scanPerRound = Math.max(1, limits.lambdaSeconds - RESERVED_MS / 1000 - eachRound);
  return { eachRound, scan, scanPerRound, rounds: Math.max(1, Math.ceil(scan / scanPerRound)) };
}

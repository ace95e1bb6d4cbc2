import { evaluateWork } from './evaluate-time.ts';
import type { Figures } from './figures.ts';
import {
  COPIES_AT_ONCE,
  type Copies,
  copySeconds,
  type FinalizeCall,
  finalizeCalls,
  inTurnSeconds,
  READS_AT_ONCE,
} from './finalize-time.ts';
import type { Job } from './job.ts';
import { AWS, type AwsLimits, SPEED, type Speed } from './limits.ts';
import { type MapTime, mapTime } from './map-time.ts';
import { buildShards, exportStretches } from './map-work.ts';
import { shardCount } from './shards.ts';

/** A run in closed form. */
export interface Estimate {
  readonly shards: number;
  readonly rounds: number;
  readonly evaluateSeconds: number;
  readonly map: MapTime;
  /** Stretches of the collection; none where Finalize needs none. */
  readonly stretches: number;
  /** Its phases, in order. */
  readonly exports: readonly MapTime[];
  /** Of each call of Finalize. */
  readonly finalize: readonly number[];
  readonly seconds: number;
}

export function estimate(job: Job, figures: Figures, limits: AwsLimits = AWS, speed: Speed = SPEED): Estimate {
  const evaluated = evaluateWork(job, figures, limits, speed);
  const begin = speed.transitionSeconds + speed.coldStartSeconds;
  const evaluateSeconds = evaluated.rounds * (begin + evaluated.eachRound) + evaluated.scan;
  const map = mapTime(buildShards(job, figures, speed), limits, speed);
  const maps = exportStretches(job, figures, speed);
  const exports = maps.map((work) => mapTime(work, limits, speed));
  const finalize = finalizeCalls(job, figures, speed).map((call) => begin + callSeconds(call, figures, speed));
  return {
    ...{ shards: shardCount(job), rounds: evaluated.rounds, evaluateSeconds, map },
    ...{ stretches: maps[0]?.children ?? 0, exports, finalize },
    seconds: evaluateSeconds + map.seconds + sum(exports.map(({ seconds }) => seconds)) + sum(finalize),
  };
}

const callSeconds = (call: FinalizeCall, figures: Figures, speed: Speed): number =>
  Math.max((call.reads * speed.getSeconds) / READS_AT_ONCE, call.ownSeconds) +
  sum(call.copies.map((copies) => copyingSeconds(copies, figures, speed))) +
  inTurnSeconds(call, speed);

const copyingSeconds = ({ parts, partBytes }: Copies, { finalize }: Figures, speed: Speed): number =>
  Math.max(
    Math.ceil(parts / COPIES_AT_ONCE) * copySeconds(partBytes, speed),
    parts * finalize.partSeconds * speed.lambdaSlowdown,
  );

export const sum = (all: readonly number[]): number => all.reduce((whole, one) => whole + one, 0);

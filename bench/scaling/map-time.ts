import type { AwsLimits, Speed } from './limits.ts';
import type { MapWork } from './map-work.ts';

/** A map in closed form. */
export interface MapTime {
  /** Children that run at once, by the narrowest of the limits. */
  readonly atOnce: number;
  readonly waves: number;
  /** Until the last child is started, were there nothing but the map's rate. */
  readonly dispatchSeconds: number;
  readonly childSeconds: number;
  readonly seconds: number;
  /** What that is made of, mostly. */
  readonly bound: Bound;
}
export type Bound = 'starts' | 'concurrency' | "S3's GETs" | "S3's PUTs";

/** The longest of what the limits let through, the ramp at the beginning, and the last child. */
export function mapTime(work: MapWork, limits: AwsLimits, speed: Speed): MapTime {
  const { children } = work;
  const childSeconds = meanSeconds(work.seconds, speed);
  const atOnce = Math.min(work.maxConcurrency, limits.mapConcurrency, limits.lambdaConcurrency, children);
  const dispatchSeconds = children / limits.mapStartsPerSecond;
  const busy = childSeconds + speed.transitionSeconds;
  // While the first wave starts, places stand empty: half of them in the mean.
  const ramp = atOnce / limits.mapStartsPerSecond / 2;
  const throughs: Readonly<Record<Bound, number>> = {
    starts: dispatchSeconds,
    concurrency: (children * busy) / atOnce + Math.min(ramp, dispatchSeconds / 2),
    "S3's GETs": (children * work.gets) / limits.s3GetsPerSecond,
    "S3's PUTs": (children * work.puts) / limits.s3PutsPerSecond,
  };
  const [bound, longest] = longestOf(throughs);
  const running = Math.min(atOnce, limits.mapStartsPerSecond * busy);
  // Where all places are taken to the end, half of the last children are in what the limit let through.
  const tail = lastSeconds(work.seconds, running, speed) - (bound === 'concurrency' ? busy / 2 : 0);
  const seconds = longest + tail + speed.transitionSeconds + speed.coldStartSeconds;
  return { atOnce, waves: Math.ceil(children / atOnce), dispatchSeconds, childSeconds, seconds, bound };
}

/** With the slow ones among them. */
const meanSeconds = (seconds: number, { slowShare, slowFactor }: Speed): number =>
  seconds * (1 + slowShare * (slowFactor - 1));

/** The last of those running: a slow one, where there is likely one among them. */
const lastSeconds = (seconds: number, running: number, { slowShare, slowFactor }: Speed): number =>
  seconds * (1 + (slowFactor - 1) * Math.min(1, running * slowShare));

function longestOf(throughs: Readonly<Record<Bound, number>>): readonly [Bound, number] {
  const bounds = ['starts', 'concurrency', "S3's GETs", "S3's PUTs"] as const;
  const longest = bounds.reduce((best, bound) => (throughs[bound] > throughs[best] ? bound : best));
  return [longest, throughs[longest]];
}

import { seeded } from '../random.ts';
import { eventQueue } from './event-queue.ts';
import { mean } from './figures.ts';
import type { AwsLimits, Speed } from './limits.ts';
import type { MapWork } from './map-work.ts';
import { rate } from './rate.ts';

export interface SimulatedMap {
  readonly seconds: number;
  /** Children that ran at the same time, at most. */
  readonly peak: number;
  readonly sandboxes: number;
  /** Children started within any one second, at most. */
  readonly startsInASecond: number;
  /** Longest of the functions, in seconds. */
  readonly longest: number;
  /** Requests to S3, in all. */
  readonly gets: number;
  readonly puts: number;
}

/**
 * A Distributed Map, child by child: started at the map's rate where a place is free; given a sandbox, a used one where there
 * is one; done when its work is, and no sooner than S3's rates let its requests through.
 */
export function simulateMap(work: MapWork, seed: number, limits: AwsLimits, speed: Speed): SimulatedMap {
  const { children } = work;
  const draw = durations(work, seed, speed);
  const places = Math.min(work.maxConcurrency, limits.mapConcurrency, limits.lambdaConcurrency);
  const starts = rate(limits.mapStartsPerSecond, 1);
  const newSandbox = rate(limits.lambdaScalingPerSecond, limits.lambdaBurst);
  const gets = rate(limits.s3GetsPerSecond, limits.s3GetsPerSecond);
  const puts = rate(limits.s3PutsPerSecond, limits.s3PutsPerSecond);
  const events = eventQueue<'start' | 'end'>();
  const startedAt: number[] = [];
  let [now, started, running, peak, idle, sandboxes, longest] = [0, 0, 0, 0, 0, 0, 0];

  const startNext = (): void => {
    if (started === children) return;
    started += 1;
    events.add(starts(1, now), 'start');
  };
  const begin = (): void => {
    startedAt.push(now);
    running += 1;
    peak = Math.max(peak, running);
    const warm = idle > 0;
    if (warm) idle -= 1;
    else sandboxes += 1;
    const ready = warm ? now : newSandbox(1, now) + speed.coldStartSeconds;
    const done = Math.max(ready + work.seconds * draw(), gets(work.gets, ready), puts(work.puts, ready));
    longest = Math.max(longest, done - ready);
    events.add(done + speed.transitionSeconds, 'end');
  };

  for (let place = 0; place < places; place++) startNext();
  for (let next = events.next(); next; next = events.next()) {
    now = next.at;
    if (next.event === 'start') begin();
    else {
      running -= 1;
      idle += 1;
      startNext();
    }
  }
  const requests = { gets: children * work.gets, puts: children * work.puts };
  return { seconds: now, peak, sandboxes, startsInASecond: mostWithin(startedAt, 1), longest, ...requests };
}

/** Factors of the mean: one of those measured, and now and then a slow one. */
function durations({ measured }: MapWork, seed: number, { slowShare, slowFactor }: Speed): () => number {
  const random = seeded(seed);
  const middle = mean(measured);
  return () => {
    const drawn = (measured[Math.floor(random() * measured.length)] ?? middle) / middle;
    return random() < slowShare ? drawn * slowFactor : drawn;
  };
}

/** Of ascending times, how many lie within one stretch of so many seconds, its end excluded. */
function mostWithin(times: readonly number[], seconds: number): number {
  let most = 0;
  let first = 0;
  for (const [place, time] of times.entries()) {
    // A rounding error is no start too many.
    while (time - (times[first] ?? time) >= seconds - 1e-6) first += 1;
    most = Math.max(most, place - first + 1);
  }
  return most;
}

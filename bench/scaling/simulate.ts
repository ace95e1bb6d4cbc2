import { type Random, seeded } from '../random.ts';
import { sum } from './arithmetic.ts';
import { evaluateWork } from './evaluate-time.ts';
import { eventQueue } from './event-queue.ts';
import type { Figures } from './figures.ts';
import { COPIES_AT_ONCE, copySeconds, type FinalizeCall, finalizeCalls, READS_AT_ONCE } from './finalize-time.ts';
import type { Job } from './job.ts';
import { AWS, type AwsLimits, SPEED, type Speed } from './limits.ts';
import { buildShards, exportStretches, type MapWork } from './map-work.ts';
import { type SimulatedMap, simulateMap } from './simulate-map.ts';

export interface Simulated {
  readonly evaluateSeconds: number;
  readonly rounds: number;
  readonly map: SimulatedMap;
  /** Of the stretches: its phases, in order. */
  readonly exports: readonly SimulatedMap[];
  readonly finalizeSeconds: number;
  readonly seconds: number;
}

/** A run of the state machine, event by event; the same for the same seed. */
export function simulate(
  job: Job,
  figures: Figures,
  seed: number,
  limits: AwsLimits = AWS,
  speed: Speed = SPEED,
): Simulated {
  const random = seeded(seed);
  const { seconds: evaluateSeconds, rounds } = simulateEvaluate(job, figures, limits, speed);
  const mapped = (work: MapWork) => simulateMap(work, seed, limits, speed);
  const map = mapped(buildShards(job, figures, speed));
  const exports = exportStretches(job, figures, speed).map(mapped);
  const calls = finalizeCalls(job, figures, speed);
  const finalizeSeconds = sum(calls.map((call) => simulateFinalize(call, figures, random, speed)));
  const mapSeconds = sum([map, ...exports].map(({ seconds }) => seconds));
  return {
    evaluateSeconds,
    rounds,
    map,
    exports,
    finalizeSeconds,
    seconds: evaluateSeconds + mapSeconds + finalizeSeconds,
  };
}

/** Round after round, each as long as it may scan. */
function simulateEvaluate(job: Job, figures: Figures, limits: AwsLimits, speed: Speed) {
  const { eachRound, scan, scanPerRound } = evaluateWork(job, figures, limits, speed);
  let seconds = 0;
  let rounds = 0;
  for (let left = scan; rounds === 0 || left > 0; left -= scanPerRound) {
    seconds += speed.transitionSeconds + speed.coldStartSeconds + eachRound + Math.min(left, scanPerRound);
    rounds += 1;
  }
  return { seconds, rounds };
}

function simulateFinalize(call: FinalizeCall, figures: Figures, random: Random, speed: Speed): number {
  const jittered = (seconds: number) => seconds * (0.5 + random());
  const reading = atOnce(READS_AT_ONCE, call.reads, () => jittered(speed.getSeconds));
  let seconds = speed.transitionSeconds + speed.coldStartSeconds + Math.max(reading, call.ownSeconds);
  for (const { parts, partBytes } of call.copies) {
    const copying = atOnce(COPIES_AT_ONCE, parts, () => jittered(copySeconds(partBytes, speed)));
    seconds += Math.max(copying, parts * figures.finalize.partSeconds * speed.lambdaSlowdown);
  }
  seconds += atOnce(1, call.gets, () => jittered(speed.getSeconds));
  seconds += atOnce(1, call.puts, () => jittered(speed.putSeconds));
  return seconds + call.seconds;
}

/** Seconds until all requests are answered, so many of them under way at a time. */
function atOnce(most: number, requests: number, seconds: () => number): number {
  const answers = eventQueue<'answer'>();
  let sent = 0;
  let now = 0;
  const send = (): void => {
    if (sent === requests) return;
    sent += 1;
    answers.add(now + seconds(), 'answer');
  };
  for (let place = 0; place < most; place++) send();
  for (let next = answers.next(); next; next = answers.next()) {
    now = next.at;
    send();
  }
  return now;
}

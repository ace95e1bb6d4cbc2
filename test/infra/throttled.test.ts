import { expect, test } from 'vitest';
import { MAX_CONCURRENCY } from '../../lib/contract/request.ts';
import { PIPELINE } from '../support/pipeline-definition.ts';

/*
 * An account whose Lambda runs ten functions at once, as new ones do, and a run that has ten times as many children: by the
 * emitted Retry of BuildShard, in simulated time.
 */

const THROTTLED = 'Lambda.TooManyRequestsException';
const ROOM = 10;
const CHILDREN = MAX_CONCURRENCY;

interface Rule {
  readonly IntervalSeconds?: number | undefined;
  readonly BackoffRate?: number | undefined;
  readonly MaxDelaySeconds?: number | undefined;
  readonly MaxAttempts?: number | undefined;
}

function ruleOf(error: string): Rule {
  const map = PIPELINE.States.BuildShards;
  const task = map?.Type === 'Map' ? map.ItemProcessor.States.BuildShard : undefined;
  const rule = task?.Type === 'Task' ? task.Retry?.find(({ ErrorEquals }) => ErrorEquals.includes(error)) : undefined;
  if (!rule) throw new Error(`BuildShard is not tried again after ${error}`);
  return rule;
}

/** The same numbers each time, from 0 to 1. */
function* random(): Generator<number, never> {
  for (let state = 1; ; ) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    yield state / 2 ** 32;
  }
}

interface Outcome {
  readonly built: number;
  /** Shards whose tries were used up. */
  readonly failed: number;
  readonly mostTries: number;
  readonly seconds: number;
}

/** Seconds pass one by one; in each, functions end and children call Lambda. */
function simulate(shards: number, secondsOfShard: number, rule: Rule): Outcome {
  const { IntervalSeconds = 1, BackoffRate = 2, MaxDelaySeconds = Number.POSITIVE_INFINITY, MaxAttempts = 3 } = rule;
  const numbers = random();
  const waiting: { at: number; tries: number }[] = [];
  const ends: number[] = [];
  let [begun, built, failed, mostTries, now] = [0, 0, 0, 0, 0];
  for (; built + failed < shards; now++) {
    for (let running = ends.length - 1; running >= 0; running--) {
      if ((ends[running] ?? 0) > now) continue;
      ends.splice(running, 1);
      built++;
    }
    for (; begun < shards && waiting.length + ends.length < CHILDREN; begun++) waiting.push({ at: now, tries: 0 });
    for (const child of waiting.filter(({ at }) => at <= now)) {
      if (ends.length < ROOM) {
        ends.push(now + secondsOfShard * (0.5 + numbers.next().value));
      } else if (child.tries < MaxAttempts) {
        const longest = Math.min(MaxDelaySeconds, IntervalSeconds * BackoffRate ** child.tries);
        child.tries++;
        mostTries = Math.max(mostTries, child.tries);
        child.at = now + longest * numbers.next().value;
        continue;
      } else failed++;
      waiting.splice(waiting.indexOf(child), 1);
    }
  }
  return { built, failed, mostTries, seconds: now };
}

test('a run has more children at once than a new account may run functions', () => {
  expect(CHILDREN).toBeGreaterThanOrEqual(10 * ROOM);
});

test.each([
  [200, 5],
  [200, 60],
  [200, 800],
  [2_000, 60],
])('%i shards of %i seconds are all built, in about the time that ten functions take', (shards, seconds) => {
  const outcome = simulate(shards, seconds, ruleOf(THROTTLED));
  expect(outcome).toMatchObject({ built: shards, failed: 0 });
  // Room to spare: the last of them waited longest.
  expect(outcome.mostTries).toBeLessThan((ruleOf(THROTTLED).MaxAttempts ?? 0) / 2);
  const ideal = (shards * seconds) / ROOM;
  expect(outcome.seconds).toBeLessThan(1.2 * ideal + 240);
});

test('with the tries of an error that passes by itself many would be given up', () => {
  expect(simulate(200, 60, ruleOf('StoreUnavailable')).failed).toBeGreaterThan(50);
});

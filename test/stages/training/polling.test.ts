import fc from 'fast-check';
import { expect, it } from 'vitest';
import { deploymentWait, POLLING, trainingWait } from '../../../lib/stages/training/polling.ts';

const intervals = fc.double({ min: 0.001, max: 1e9, noNaN: true });

it('waits whole seconds that a Wait state takes, never less than the asked interval', () => {
  fc.assert(
    fc.property(intervals, fc.nat(POLLING.training_polls), fc.nat(10), (interval, polls, failures) => {
      const wait = trainingWait(interval, polls, failures);
      expect(Number.isInteger(wait) && wait >= 1 && wait <= 99_999_999).toBe(true);
      expect(wait).toBeGreaterThanOrEqual(Math.min(interval, 99_999_999));
      expect(trainingWait(interval, polls + 1, failures)).toBeGreaterThanOrEqual(wait);
    }),
  );
});

it('looks at a deployment a bounded number of times, whatever its interval and its time', () => {
  fc.assert(
    fc.property(intervals, intervals, (interval, timeout) => {
      fc.pre(timeout <= 99_999_999);
      expect(timeout / deploymentWait(interval, timeout)).toBeLessThanOrEqual(POLLING.deployment_polls);
    }),
  );
});

it('keeps an execution below 25,000 events, with 5,000 left for all else', () => {
  const EVENTS_A_CHECK = 9;
  const checks = POLLING.training_polls + POLLING.deployment_polls + 1;
  expect(checks * EVENTS_A_CHECK).toBeLessThanOrEqual(20_000);
});

it('follows a job of a week at NAT’s interval', () => {
  const seconds = Array.from({ length: POLLING.training_polls }, (_, polls) => trainingWait(30, polls, 0));
  expect(seconds.reduce((sum, wait) => sum + wait, 0)).toBeGreaterThan(7 * 86_400);
  expect(new Set(seconds.slice(0, POLLING.steady_polls))).toEqual(new Set([30]));
});

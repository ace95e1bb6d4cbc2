/** When to look at a job again. Data, so that what a run can cost is to be seen here. */
export const POLLING = {
  /** At the asked interval: with 30 s, the first two hours. */
  steady_polls: 240,
  /** Then each wait is 1 % longer than the last, */
  growth: 1.01,
  /** up to a quarter of an hour (or the asked interval, where that is longer). */
  longest_seconds: 900,
  /**
   * An execution has 25,000 events and a status check takes nine (two for the wait, five for the task, two for the
   * choice): 13,500 for the job, 4,500 for the deployment, the rest for everything before and for retries. With 30 s
   * that follows a job for ten days.
   */
  training_polls: 1_500,
  deployment_polls: 500,
  /** NAT's back-off after status checks that failed in a row. */
  failure_growth: 1.5,
} as const;

/** Whole seconds to wait before status check number `polls` (the first is 0), after `failures` failed ones in a row. */
export function trainingWait(intervalSeconds: number, polls: number, failures: number): number {
  const longest = Math.max(intervalSeconds, POLLING.longest_seconds);
  const grown = intervalSeconds * POLLING.growth ** Math.max(0, polls - POLLING.steady_polls);
  return wholeSeconds(Math.min(grown, longest) * POLLING.failure_growth ** failures);
}

/** Whole seconds between looks at a deployment: the asked interval, or what spreads the looks there are over its time. */
export const deploymentWait = (intervalSeconds: number, timeoutSeconds: number): number =>
  wholeSeconds(Math.max(intervalSeconds, timeoutSeconds / POLLING.deployment_polls));

/** A Wait state takes whole seconds up to 99,999,999. */
const wholeSeconds = (seconds: number) => Math.min(Math.max(1, Math.ceil(seconds)), 99_999_999);

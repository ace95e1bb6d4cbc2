import { type RetryRule, retriesOf } from '../../lib/contract/retries.ts';
import type { Step } from '../../lib/contract/steps.ts';

/** Does a step's work, again as often and after such pauses as its rules say: the state machine's Retry on this machine. */
export async function retried<Result>(
  step: Step,
  work: () => Promise<Result>,
  pause: (seconds: number) => Promise<void>,
): Promise<Result> {
  const rules = retriesOf(step).map((rule) => ({ rule, tries: 0 }));
  for (;;) {
    try {
      return await work();
    } catch (error) {
      const name = error instanceof Error ? error.name : '';
      const found = rules.find(({ rule }) => rule.errors.includes(name));
      if (!found || found.tries === found.rule.attempts) throw error;
      await pause(pauseOf(found.rule, found.tries));
      found.tries += 1;
    }
  }
}

function pauseOf({ firstSeconds, growth, mostSeconds, spread }: RetryRule, before: number): number {
  const whole = Math.min(firstSeconds * growth ** before, mostSeconds ?? Number.POSITIVE_INFINITY);
  return spread ? whole * Math.random() : whole;
}

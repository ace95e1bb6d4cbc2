import type { FailedState } from '../../lib/contract/failure.ts';
import type { Step } from '../../lib/contract/steps.ts';
import { retried } from './retried.ts';

/** Where in the run something failed, as the state machine tells RecordFailure. */
export type Place = Omit<FailedState, 'failure'>;

/** An error and where it was thrown. */
export class FailedStep extends Error {
  override readonly name = 'FailedStep';
  readonly place: Place;

  constructor(place: Place, cause: unknown) {
    super(undefined, { cause });
    this.place = place;
  }
}

/** Does a step's work, again by the step's rules; what fails for good is thrown as {@link FailedStep}. */
export type AttemptStep = <Result>(step: Step, place: Place, work: () => Promise<Result>) => Promise<Result>;

export const attemptStep =
  (pause: (seconds: number) => Promise<void>): AttemptStep =>
  (step, place, work) =>
    failingAt(place, () => retried(step, work, pause));

export async function failingAt<Result>(place: Place, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    throw new FailedStep(place, error);
  }
}

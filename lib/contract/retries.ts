import type { Step } from './steps.ts';

/**
 * After which errors a task is tried again, how often and when: the same on AWS, where the state machine adds Lambda's
 * own errors, and on this machine.
 */
export interface RetryRule {
  /** Names of errors. */
  readonly errors: readonly string[];
  /** Tries after the first one. */
  readonly attempts: number;
  /** Seconds before the first of them. */
  readonly firstSeconds: number;
  /** Each pause is so many times the one before. */
  readonly growth: number;
  readonly mostSeconds?: number;
  /** Each pause is a random part of its length, so that tasks that failed together are not tried together. */
  readonly spread: boolean;
  /** The trouble passes by itself: on AWS, Lambda's own passing errors count and pause with it. */
  readonly passing: boolean;
}

/** Of two rules that name an error, the first one counts. */
export const retriesOf = (step: Step): readonly RetryRule[] => RETRIES[step] ?? [STORE];

const PASSING = { firstSeconds: 2, growth: 2, mostSeconds: 60, spread: true, passing: true } as const;

/** Every task may run twice. */
const STORE: RetryRule = { ...PASSING, errors: ['StoreUnavailable'], attempts: 6 };

const STORE_OR_TRAINER: RetryRule = { ...PASSING, errors: ['StoreUnavailable', 'TrainerUnavailable'], attempts: 6 };

/** Another execution submits the job, or died while it did: look again until that is over, which takes two minutes. */
const ANOTHER_SUBMITS: RetryRule = {
  ...{ errors: ['TrainingSubmitPending'], attempts: 10 },
  ...{ firstSeconds: 30, growth: 1, spread: false, passing: false },
};

/** The run has failed already, and a person may wait for it to say so. */
const FEW: RetryRule = { ...STORE, attempts: 2 };

const RETRIES: Readonly<Partial<Record<Step, readonly RetryRule[]>>> = {
  SubmitTraining: [ANOTHER_SUBMITS, STORE_OR_TRAINER],
  DeployModel: [STORE_OR_TRAINER],
  RecordFailure: [FEW],
};

import * as z from 'zod';
import { RunId } from './run-id.ts';

/** What a Catch gives, and what a Fail state ends an execution with. */
export const CaughtError = z.strictObject({
  Error: z.string(),
  /** Of an error in a function: Lambda's JSON. Of a timeout: empty. */
  Cause: z.string().default(''),
});
export type CaughtError = z.infer<typeof CaughtError>;

/** Names that only Step Functions gives begin so. */
export const OWN_NAMES = 'States.';

/** In the place of one of these, which no Fail state may have; the cause begins with it. */
export const STEP_FUNCTIONS_ERROR = 'StepFunctionsError';

/** The failure as a Fail state may tell it. */
export const forFailState = (failure: CaughtError): CaughtError =>
  failure.Error.startsWith(OWN_NAMES)
    ? { Error: STEP_FUNCTIONS_ERROR, Cause: `${failure.Error}: ${failure.Cause}` }
    : failure;

/** The state that failed, and of which run: RecordFailure's own input. */
export const FailedState = z.object({
  /** As `infra/state-machine.ts` names it; missing of an execution that ended outside of its states. */
  state: z.string().optional(),
  /** Missing of Evaluate, and where the state is: then the run is the one that `started_with` names. */
  run_id: RunId.optional(),
  /** What the execution was started with. */
  started_with: z.unknown().optional(),
  /** Its number in `plan.json`, where it was a shard that failed. */
  shard: z.int().min(0).optional(),
  /** Its number in `batches.json`, where it was a batch that failed. */
  batch: z.int().min(0).optional(),
  failure: CaughtError,
});
export type FailedState = z.infer<typeof FailedState>;

export const RecordFailureInput = z.strictObject({
  execution: z.string().min(1),
  failed: FailedState,
  /** Of an execution that is over; by default it is about to fail. */
  ended_at: z.iso.datetime().optional(),
});
export type RecordFailureInput = z.infer<typeof RecordFailureInput>;

export const RecordFailureOutput = z.strictObject({
  /** The error's own name, and as its Cause the message alone. */
  failure: CaughtError,
  /** Key of the `failure.json`; null where none was written: the execution had no run, or its end is told there already. */
  recorded: z.string().nullable(),
});
export type RecordFailureOutput = z.infer<typeof RecordFailureOutput>;

/**
 * `failure.json`: how the last execution of the run that failed did so. It is never removed: beside a manifest it tells
 * of an execution before the one that committed, or of the run's training; the manifest's data stands all the same.
 */
export const RunFailure = z.strictObject({
  run_id: RunId,
  /** The Step Functions execution; on this machine the run's id. */
  execution: z.string(),
  failed_at: z.iso.datetime(),
  /** Missing of an execution that was stopped, that outlasted its time, or that failed past every Catch. */
  state: z.string().optional(),
  shard: z.int().min(0).optional(),
  batch: z.int().min(0).optional(),
  /** The error's name, for programs. */
  error: z.string(),
  /** What happened, for people. */
  message: z.string(),
  what_to_do: z.string(),
});
export type RunFailure = z.infer<typeof RunFailure>;

/** "BuildShard, shard 2". */
export const placeOf = ({ state, ...part }: Pick<RunFailure, 'state' | 'shard' | 'batch'>): string => {
  if (state === undefined) return 'the execution';
  for (const name of ['shard', 'batch'] as const) {
    if (part[name] !== undefined) return `${state}, ${name} ${part[name]}`;
  }
  return state;
};

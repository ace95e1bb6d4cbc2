import * as z from 'zod';
import { RecordFailureInput } from './failure.ts';
import { tryParseJson } from './json-variable.ts';

/**
 * What Step Functions sends through EventBridge of an execution that ended otherwise than well; only what is read of it.
 * At least once, unordered, and by best effort.
 */
export const EndedExecution = z.looseObject({
  'detail-type': z.literal('Step Functions Execution Status Change'),
  detail: z.looseObject({
    name: z.string().min(1),
    status: z.enum(['FAILED', 'TIMED_OUT', 'ABORTED']),
    /** In milliseconds of the epoch. */
    stopDate: z.int(),
    /** JSON text. Left out where an event does not hold it: above 248 KB, escaped. */
    input: z.string().nullish(),
    /** Of a failed one its own; of one that was stopped what the person who stopped it gave. */
    error: z.string().nullish(),
    cause: z.string().nullish(),
  }),
});
export type EndedExecution = z.infer<typeof EndedExecution>;

/** What RecordFailure is called with: by the state machine, or by EventBridge after the execution's end. */
export const ReportedFailure = z.union([EndedExecution.transform(failureOf), RecordFailureInput]);

/** The errors by which an execution ends that did not fail by itself: their names are its statuses. */
export const CUT_OFF: readonly string[] = ['TIMED_OUT', 'ABORTED'];

function failureOf({ detail }: EndedExecution): RecordFailureInput {
  const { name, status, stopDate, input, error, cause } = detail;
  const words = [error, cause].filter(Boolean).join(': ');
  const failure = {
    FAILED: { Error: error || status, Cause: cause ?? '' },
    TIMED_OUT: { Error: status, Cause: 'The execution exceeded its time limit.' },
    ABORTED: {
      Error: status,
      Cause: words ? `Somebody stopped the execution: ${words}` : 'Somebody stopped the execution.',
    },
  }[status];
  const failed = { started_with: tryParseJson(input ?? '') ?? null, failure };
  return { execution: name, failed, ended_at: new Date(stopDate).toISOString() };
}

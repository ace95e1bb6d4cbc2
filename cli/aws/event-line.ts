import type { HistoryEvent } from '@aws-sdk/client-sfn';
import { plainCause } from '../../lib/contract/failure-cause.ts';

/** An event of an execution's history as one line; undefined for those that tell a person nothing. */
export function eventLine(event: HistoryEvent): string | undefined {
  const what = wordsFor(event);
  return what === undefined ? undefined : `${event.timestamp?.toISOString() ?? ''}  ${what}`;
}

function wordsFor(event: HistoryEvent): string | undefined {
  const { type = '', stateEnteredEventDetails, stateExitedEventDetails } = event;
  if (type === 'ExecutionStarted') return 'started';
  if (type === 'ExecutionSucceeded') return 'succeeded';
  if (stateEnteredEventDetails) return `${stateEnteredEventDetails.name}: entered`;
  if (stateExitedEventDetails) return `${stateExitedEventDetails.name}: done`;
  const failure = failureIn(event);
  return failure && `${type}: ${failure.error ?? 'failed'}${failure.cause ? `: ${plainCause(failure.cause)}` : ''}`;
}

const failureIn = (event: HistoryEvent) =>
  event.executionFailedEventDetails ??
  event.executionAbortedEventDetails ??
  event.executionTimedOutEventDetails ??
  event.taskFailedEventDetails ??
  event.taskTimedOutEventDetails ??
  event.mapRunFailedEventDetails;

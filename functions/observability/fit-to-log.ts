import { messageInLogs } from '../../lib/stages/message-in-logs.ts';

/**
 * The error as it may leave the function: Lambda logs it, Step Functions shows it, X-Ray keeps it. Its name stays, which
 * Retry and Catch go by, and the place that it came from.
 */
export function fitToLog(thrown: unknown): Error {
  const message = messageInLogs(thrown);
  if (thrown instanceof Error && thrown.message === message) return thrown;
  const name = thrown instanceof Error ? thrown.name : 'Error';
  const fit = new Error(message);
  fit.name = name;
  fit.stack = [`${name}: ${fit.message}`, ...framesOf(thrown).map((frame) => `    at ${frame}`)].join('\n');
  return fit;
}

/** For a log. Of its causes the names only: the first may be ours, what is behind it need not be. */
export const toldOf = (error: Error) => ({
  name: error.name,
  message: error.message,
  frames: framesOf(error),
  causes: causesOf(error),
});

/** The message at the top of a stack can have many lines. */
const framesOf = (thrown: unknown): string[] =>
  thrown instanceof Error
    ? (thrown.stack ?? '').split('\n').flatMap((line) => /^ +at (.+)$/.exec(line)?.slice(1) ?? [])
    : [];

function causesOf(error: Error): string[] {
  const { cause } = error;
  return cause instanceof Error ? [cause.name, ...causesOf(cause)] : [];
}

import * as z from 'zod';
import { PipelineError } from '../../lib/errors.ts';
import { HttpFailed } from '../../lib/stages/http.ts';

/**
 * The error as it may leave the function: Lambda logs it, Step Functions shows it, X-Ray keeps it. Errors of ours name
 * settings, keys and counts. Anyone else's may quote what it was given (`JSON.parse` does), and that may be a prompt, a
 * response or a secret: of such an error the name stays, which Retry and Catch go by, and the place that it came from.
 */
export function fitToLog(thrown: unknown): Error {
  if (OURS.some((ours) => thrown instanceof ours) && thrown instanceof Error) return thrown;
  const name = thrown instanceof Error ? thrown.name : 'Error';
  const fit = new Error(
    `an unexpected ${name}: a defect, please report it. Its own message is withheld, because it may quote a trace; the stack says where it came from`,
  );
  fit.name = name;
  fit.stack = [`${name}: ${fit.message}`, ...framesOf(thrown).map((frame) => `    at ${frame}`)].join('\n');
  return fit;
}

/** A ZodError tells paths and types, and no value. */
const OURS = [PipelineError, HttpFailed, z.ZodError];

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

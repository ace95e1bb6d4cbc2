import * as errors from '../../lib/errors.ts';

/** An error as it passes from one thread to another, where its class would be lost. */
export interface ErrorData {
  readonly name: string;
  readonly message: string;
  readonly inLogs: string | undefined;
  readonly stack: string | undefined;
}

export function errorData(thrown: unknown): ErrorData {
  const { name, message, stack } = thrown instanceof Error ? thrown : new Error(String(thrown));
  const inLogs = thrown instanceof errors.PipelineError ? thrown.inLogs : undefined;
  return { name, message, inLogs, stack };
}

/** The error again: one of the pipeline's as an instance of its class, by its name. */
export function errorFrom({ name, message, inLogs, stack }: ErrorData): Error {
  const Class = CLASSES.get(name);
  const error = Class
    ? new Class(message, inLogs === undefined ? {} : { inLogs })
    : Object.assign(new Error(message), { name });
  if (stack !== undefined) error.stack = stack;
  return error;
}

const { PipelineError: _, ...OURS } = errors;
const CLASSES: ReadonlyMap<string, new (message: string, options?: errors.PipelineErrorOptions) => Error> = new Map(
  Object.values(OURS).map((Class) => [new Class('').name, Class]),
);

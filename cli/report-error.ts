import { CommanderError } from 'commander';
import { InvalidRequest, PipelineError } from '../lib/errors.ts';
import { oneLine } from './terminal.ts';

/** Tells what went wrong in a sentence or two and returns the exit code: 1 the run failed, 2 the request is wrong. */
export function reportError(error: unknown, write: (text: string) => void): number {
  // Commander has written its own message; help and --version come this way too, with code 0.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  if (DEBUG) write(`${error instanceof Error ? error.stack : String(error)}\n`);
  if (error instanceof InvalidRequest) {
    write(`${oneLine(error.message)}\n`);
    return 2;
  }
  if (error instanceof PipelineError) {
    write(`${error.name}: ${oneLine(error.message)}\n`);
    return 1;
  }
  const what = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  write(
    `Unexpected ${oneLine(what.split('\n')[0] ?? '').replace(/\.$/, '')}. Set DEBUG=dpo in the environment to see where it came from.\n`,
  );
  return 1;
}

const DEBUG = process.env.DEBUG?.split(',').includes('dpo') ?? false;

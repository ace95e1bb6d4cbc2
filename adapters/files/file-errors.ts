import * as z from 'zod';
import { PipelineError, StoreRefused, StoreUnavailable } from '../../lib/errors.ts';

/** What a file system's error means to the pipeline, in a plain sentence; the original stays as `cause`. */
export function fileError(path: string, error: unknown): PipelineError {
  if (error instanceof PipelineError) return error;
  const code = codeOf(error);
  const advice = ADVICE.get(code);
  const options = { cause: error };
  if (advice) return new StoreRefused(`${path}: ${advice} (${code})`, options);
  return new StoreUnavailable(`${path} could not be used (${code}). Try again.`, options);
}

/** `ENOENT` and the like; empty where the error has none. */
export function codeOf(error: unknown): string {
  const seen = Coded.safeParse(error);
  return seen.success ? seen.data.code : '';
}

/** Nothing is there: no file, or no folder where it would be. */
export const isAbsent = (error: unknown): boolean => ['ENOENT', 'ENOTDIR'].includes(codeOf(error));

const Coded = z.object({ code: z.string() });

const ADVICE: ReadonlyMap<string, string> = new Map([
  ['EACCES', 'permission denied; give this user access, or choose another directory'],
  ['EPERM', 'the file system does not allow hard links, which a run needs; choose another directory'],
  ['ENOTSUP', 'the file system does not allow hard links, which a run needs; choose another directory'],
  ['EROFS', 'the file system is read-only; choose another directory'],
  ['ENOSPC', 'the disk is full; free some space, or choose another directory'],
  ['EDQUOT', 'the disk quota is used up; free some space, or choose another directory'],
  ['EFBIG', 'the file is larger than the file system or a limit (ulimit -f) allows; choose another directory'],
  ['ENOTDIR', 'a directory is needed, but a file has this name; move it, or choose another directory'],
  ['EEXIST', 'something else has this name; move it, or choose another directory'],
  ['EISDIR', 'a file is needed, but a directory has this name; move it, or choose another directory'],
  ['ENOTEMPTY', 'a file is needed, but a directory has this name; move it, or choose another directory'],
  ['ENAMETOOLONG', 'the name is too long for the file system; choose a shorter one'],
  ['ELOOP', 'symbolic links form a loop; remove one'],
]);

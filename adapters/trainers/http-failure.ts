import type { HttpFailed } from '../../lib/stages/http.ts';
import { TrainerRefused, TrainerUnavailable } from '../../lib/stages/training/errors.ts';

/** What it means for a trainer that there was no whole answer: asking again mends neither a redirect nor a size. */
export function failureOfHttp(where: string, error: HttpFailed): TrainerRefused | TrainerUnavailable {
  const Failure = error.kind === 'redirect' || error.kind === 'too_large' ? TrainerRefused : TrainerUnavailable;
  return new Failure(`${where}: ${error.message}`, { cause: error });
}

/** Not now, rather than never: request timeout, too early, too many requests, the server's own failures. */
export const isPassing = (status: number): boolean => status >= 500 || [408, 425, 429].includes(status);

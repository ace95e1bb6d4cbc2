import type { Operation } from './operations.ts';

/** A server that fails on demand. */
export interface Failing {
  /** The next `times` (default 1) requests that match behave so, the first `skip` (default 0) left out. */
  fail(matcher: Matcher, behaviour: Behaviour, times?: number, skip?: number): void;
  /** Forgets what is still to fail, and tells how many requests have failed since the last time. */
  calm(): number;
}

export interface Matcher {
  readonly operation?: Operation;
  readonly key?: string | RegExp;
}

export type Behaviour =
  /** An error answer; nothing is applied. */
  | { readonly kind: 'error'; readonly status: number; readonly code: string }
  /** Sends so many bytes of the body, then nothing more. */
  | { readonly kind: 'hang'; readonly after: number }
  /** Sends so many bytes of the body, then drops the connection. */
  | { readonly kind: 'truncate'; readonly after: number }
  /** So many bytes as if they were all: the connection is sound, and so is the Content-Length. */
  | { readonly kind: 'short'; readonly after: number }
  /** Status 200, and this body instead of the result; nothing is applied. */
  | { readonly kind: 'answer-200'; readonly body: string }
  /** Drops the connection, before or after the request took effect. */
  | { readonly kind: 'drop'; readonly applied: boolean }
  /** An object's bytes come with another one's checksum. */
  | { readonly kind: 'wrong-checksum' }
  /** Somebody else changes something first; then the request is answered as ever. */
  | { readonly kind: 'meanwhile'; readonly change: (key: string) => void };

export interface FaultQueue extends Failing {
  /** How the request shall behave; undefined as ever. */
  take(operation: Operation, key: string): Behaviour | undefined;
}

export function faultQueue(): FaultQueue {
  const faults: Fault[] = [];
  return {
    fail: (matcher, behaviour, times = 1, skip = 0) =>
      void faults.push({ matcher, behaviour, times, left: times, skip }),
    calm: () => faults.splice(0).reduce((sum, { times, left }) => sum + times - left, 0),
    take: (operation, key) => take(faults, operation, key),
  };
}

interface Fault {
  readonly matcher: Matcher;
  readonly behaviour: Behaviour;
  readonly times: number;
  left: number;
  skip: number;
}

function take(faults: readonly Fault[], operation: Operation, key: string): Behaviour | undefined {
  const fault = faults.find(
    ({ matcher, left }) =>
      left > 0 &&
      (matcher.operation === undefined || matcher.operation === operation) &&
      (matcher.key === undefined || (matcher.key instanceof RegExp ? matcher.key.test(key) : matcher.key === key)),
  );
  if (!fault) return undefined;
  if (fault.skip > 0) {
    fault.skip -= 1;
    return undefined;
  }
  fault.left -= 1;
  return fault.behaviour;
}

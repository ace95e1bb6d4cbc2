/** HTTP statuses worth another try: the same as NAT's. */
export const RETRIED_STATUSES: readonly number[] = [429, 500, 502, 503, 504];

/** Waits double from 1 second to 30, as NAT's do. */
const FIRST_MS = 1000;
const LONGEST_MS = 30_000;
/** A server that asks for longer is asked again after this all the same. */
const LONGEST_RETRY_AFTER_MS = 60_000;

/**
 * How long to wait before the next try, after `tries` of them: anything up to the doubled wait (full jitter, so that
 * those who failed together do not return together), on top of what the server asked for.
 */
export const delayMs = (tries: number, random: () => number, retryAfterMs = 0): number =>
  retryAfterMs + random() * Math.min(LONGEST_MS, FIRST_MS * 2 ** (tries - 1));

/** A Retry-After header, seconds or an HTTP date, as milliseconds from `now`; 0 where it says nothing of use. */
export function retryAfterMs(header: string | undefined, now: number): number {
  if (header === undefined) return 0;
  const wanted = /^\s*\d+\s*$/.test(header) ? Number(header) * 1000 : Date.parse(header) - now;
  return Number.isNaN(wanted) ? 0 : Math.min(Math.max(wanted, 0), LONGEST_RETRY_AFTER_MS);
}

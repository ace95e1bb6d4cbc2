/** A limit on how much may happen in a second: takes so much, and tells when it may have happened by. */
export type Rate = (amount: number, now: number) => number;

/**
 * A token bucket that begins full: `burst` at once, and `perSecond` after that. What is taken when it is empty is
 * served in turn, which is what retries come to where nobody gives up.
 */
export function rate(perSecond: number, burst: number): Rate {
  /** When all that was taken is paid for. */
  let paid = -burst / perSecond;
  return (amount, now) => {
    paid = Math.max(paid, now - burst / perSecond) + amount / perSecond;
    return Math.max(now, paid);
  };
}

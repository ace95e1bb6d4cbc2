import type { Timer } from '../../adapters/http/client.ts';

/** Timers that run when the test says that time has passed. */
export function fakeTimer() {
  const timers = new Map<object, { at: number; run: () => void }>();
  let now = 0;
  const timer: Timer = (ms, run) => {
    const key = {};
    timers.set(key, { at: now + ms, run });
    return () => timers.delete(key);
  };
  const advance = (ms: number) => {
    now += ms;
    for (const [key, { at, run }] of [...timers]) {
      if (at <= now && timers.delete(key)) run();
    }
  };
  return { timer, advance, pending: () => timers.size };
}

import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8';

/**
 * V8 lets the space for young objects grow for as long as a program runs, to 128 MiB: a long run would take half as much
 * memory again as a short one and be no faster. This stops it at 16 MiB.
 *
 * A flag of the command line says so too, but a published command has none: its first line is `#!/usr/bin/env node`.
 */
export function boundYoungSpace(): void {
  const watch = setInterval(() => {
    const young = getHeapSpaceStatistics().find(({ space_name }) => space_name === 'new_space');
    if (young && young.space_size < ENOUGH_BYTES) return;
    setFlagsFromString('--semi-space-growth-factor=1');
    clearInterval(watch);
  }, LOOKS_EVERY_MS);
  watch.unref();
}

/** Two halves of 8 MiB: with 4 or 16 a run over 2 GB takes as long. */
const ENOUGH_BYTES = 2 ** 24;
/** Short against the time that the space takes to double. */
const LOOKS_EVERY_MS = 50;

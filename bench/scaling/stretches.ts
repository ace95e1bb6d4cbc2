import type { Job } from './job.ts';

/** Bytes of a collection that Finalize exports alone (`functions/finalize.ts`); a larger one is cut into stretches. */
const EXPORTS_ALONE = 2 ** 31;
/** A stretch has an eighth of that (`lib/stages/finalize.ts`). */
export const STRETCHES_ALONE = 8;

/** How many stretches a collection of so many bytes is exported in: none where Finalize exports it alone, or not at all. */
export function stretchCount({ formats }: Job, collectionBytes: number, exportsAlone = EXPORTS_ALONE): number {
  if (formats.length === 0 || collectionBytes <= exportsAlone) return 0;
  return Math.ceil(collectionBytes / Math.ceil(exportsAlone / STRETCHES_ALONE));
}

export const STRETCH_BYTES = EXPORTS_ALONE / STRETCHES_ALONE;

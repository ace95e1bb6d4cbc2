import { type Limits, MAX_CONCURRENCY } from '../contract/request.ts';
import type { CeilingDeps } from './below-ceiling.ts';

/** Children of a map at once: what the request sets, else the default, or the stack's ceiling where that is lower. */
export const maxConcurrencyOf = ({ max_concurrency }: Limits, { ceilings }: CeilingDeps): number =>
  max_concurrency ?? Math.min(MAX_CONCURRENCY, ceilings?.maxConcurrency ?? MAX_CONCURRENCY);

import { BuilderSettings } from '../../lib/contract/builder.ts';
import { DatasetSettings, type FormatName } from '../../lib/contract/dataset.ts';
import { planExport } from '../../lib/datasets/export-plan.ts';
import { bytesToChoose } from '../../lib/datasets/ledger.ts';
import type { Figures } from './figures.ts';
import { collectionOf } from './finalize-time.ts';
import type { Job } from './job.ts';
import type { Speed } from './limits.ts';

/** MB that Finalize keeps for Node, the code and what is on its way (`functions/finalize.ts`). */
const KEPT_MB = 400;

/** Of the fixtures: turns of three candidates, four of them an item. */
const EACH_PAIR = { pairs: 1, turns: 1 / 3, examples: 1 / 12 };

/** Bytes that Finalize takes a pair for before it begins. */
export const pairBytesOf = (formats: readonly FormatName[]): number =>
  Math.ceil(bytesToChoose(planExport(DatasetSettings.parse({ formats }), BuilderSettings.parse({})), EACH_PAIR));

/** Pairs among which a Finalize of so many MB chooses; more it refuses as `DatasetTooLarge`. */
export const pairsIn = (megabytes: number, formats: readonly FormatName[]): number =>
  Math.floor(((megabytes - KEPT_MB) * 1e6) / pairBytesOf(formats));

/** Peak bytes of memory of the hungriest call, the pairs' as Finalize reckons them. */
export function finalizeMemory(job: Job, figures: Figures, speed: Speed): number {
  const { shards, pairs } = collectionOf(job, figures, speed);
  const { baseMemoryBytes, shardMemoryBytes } = figures.finalize;
  const ofPairs = job.formats.length === 0 ? 0 : pairs * pairBytesOf(job.formats);
  return baseMemoryBytes + shards * shardMemoryBytes + ofPairs;
}

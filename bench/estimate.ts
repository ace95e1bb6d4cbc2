import { priceOf } from '../cli/aws/prices.ts';
import { CHOOSE_MEMORY_MB } from '../functions/memory.ts';
import { runPlace } from '../functions/run-place.ts';
import { Limits, MAX_CONCURRENCY } from '../lib/contract/request.ts';
import { FUNCTION_SECONDS, type Rates } from '../lib/estimate/rates.ts';
import { type RunWork, reckonSeconds } from '../lib/estimate/reckon-seconds.ts';
import { reckonUsage } from '../lib/estimate/reckon-usage.ts';
import type { Results } from './results.ts';

/** Traces as they are often kept. */
const OBJECT_BYTES = 1e9;

export const LIMITS = { ...Limits.parse({}), max_concurrency: MAX_CONCURRENCY };

export interface Job {
  readonly name: string;
  readonly bytes: number;
  /** With NeMo Customizer's files, or with none. */
  readonly formats: boolean;
  /** Of each object; 1 GB where it is left out. */
  readonly objectBytes?: number;
}

export const JOBS: readonly Job[] = [
  { name: '1 GB', bytes: 1e9, formats: true },
  { name: '100,000 objects of 1 MB', bytes: 100e9, objectBytes: 1e6, formats: true },
  { name: '1 TB', bytes: 1e12, formats: true },
  { name: '1 TB, `formats: []`', bytes: 1e12, formats: false },
];

/** What traces like the benchmark's come to, measured: seconds of one core, bytes and pairs for each byte of traces. */
export interface BenchRates extends Rates {
  readonly collectionBytes: number;
  readonly datasetBytes: number;
  readonly pairs: number;
  readonly pairsThatFit: number;
}

export function ratesOf({ cores, growth, choose }: Results): BenchRates | undefined {
  const [machine] = cores;
  const one = machine?.rows.find((row) => row.cores === 1)?.programs;
  const size = growth?.sizes.at(-1);
  const chosen = choose?.rows.find(({ memory_mb, formats, pairs_of_turn }) => {
    return memory_mb === CHOOSE_MEMORY_MB.least && formats.join() === 'nemo_customizer' && pairs_of_turn === 3;
  });
  if (!machine || !one || !size || !chosen) return undefined;
  const { dpo, dpo_without_formats: without } = one;
  return {
    buildSeconds: without.seconds / (machine.megabytes * 1e6),
    writeSeconds: Math.max(0, dpo.seconds - without.seconds) / (machine.megabytes * 1e6),
    collectionBytes: size.collection_megabytes / size.megabytes,
    datasetBytes: size.dataset_megabytes / size.megabytes,
    pairs: size.pairs / (size.megabytes * 1e6),
    chooseSecondsOfPair: chosen.seconds / chosen.pairs,
    pairsThatFit: chosen.pairs,
  };
}

/** How long a run takes on AWS with the settings that a request has by default, what it costs, and what stops a larger one. */
export function estimate({ bytes, formats, objectBytes = OBJECT_BYTES }: Job, rates: BenchRates) {
  const objects = Math.ceil(bytes / objectBytes);
  const shards = shardsOf(bytes, Math.min(bytes, objectBytes));
  const pairs = bytes * rates.pairs;
  const work: RunWork = {
    ...{ inputs: objects, shards, groupingTasks: 0, maxConcurrency: LIMITS.max_concurrency },
    ...{ bytes, textBytes: bytes, largestTaskBytes: bytes / shards, pairs },
    collectionBytes: bytes * rates.collectionBytes,
    datasetBytes: formats ? bytes * rates.datasetBytes : 0,
    ...{ formats: formats ? 1 : 0, chooses: formats },
  };
  const place = runPlace(CHOOSE_MEMORY_MB.least);
  const found = reckonSeconds(work, rates, place);
  const { build, choose, write, finalize, all: seconds } = found;
  const taken = [
    { limit: "Choose's memory", share: formats ? pairs / rates.pairsThatFit : 0 },
    { limit: "Choose's 15 minutes", share: choose / FUNCTION_SECONDS },
    { limit: "Finalize's 15 minutes", share: finalize / FUNCTION_SECONDS },
  ].sort((a, b) => b.share - a.share);
  return {
    ...{ shards, pairs, build: build.all, waitsFor: build.waitsFor, choose, write: write.all, finalize, seconds },
    dollars: priceOf(reckonUsage(work, found, place)),
    taken,
  };
}

/** Large objects are cut; small ones are packed together. */
const shardsOf = (bytes: number, objectBytes: number): number =>
  objectBytes < LIMITS.shard_bytes
    ? Math.ceil(bytes / (Math.floor(LIMITS.shard_bytes / objectBytes) * objectBytes))
    : Math.ceil(bytes / objectBytes) * Math.ceil(objectBytes / LIMITS.shard_bytes);

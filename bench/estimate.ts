import { S3_LIMITS } from '../adapters/s3/bucket.ts';
import { COPIES_IN_FLIGHT } from '../adapters/s3/compose.ts';
import { CHOOSE_MEMORY_MB, STEP_MEMORY_MB } from '../functions/memory.ts';
import { Limits, MAX_CONCURRENCY } from '../lib/contract/request.ts';
import type { Results } from './results.ts';

/** What nobody measured here: docs/operations.md shows it. */
export const ASSUMED = {
  /** A second between a function and S3, in and out together: 600 Mbit/s. */
  networkBytes: 75e6,
  /** A second of one server-side copy. */
  copyBytes: 50e6,
  /** Children that a map starts a second. */
  mapStarts: 100,
  /** US dollars, us-east-1. */
  gibSecond: 0.0000133334,
  stateTransition: 0.025 / 1000,
  s3Get: 0.0004 / 1000,
  s3Put: 0.005 / 1000,
} as const;

/** Lambda's most. */
const FUNCTION_SECONDS = 900;
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
export interface Rates {
  readonly buildSeconds: number;
  readonly writeSeconds: number;
  readonly collectionBytes: number;
  readonly datasetBytes: number;
  readonly pairs: number;
  readonly chooseSecondsOfPair: number;
  readonly pairsThatFit: number;
}

export function ratesOf({ cores, growth, choose }: Results): Rates | undefined {
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
export function estimate({ bytes, formats, objectBytes = OBJECT_BYTES }: Job, rates: Rates) {
  const shards = shardsOf(bytes, Math.min(bytes, objectBytes));
  const each = bytes / shards;
  const pairs = bytes * rates.pairs;
  const datasetBytes = formats ? rates.datasetBytes : 0;
  const build = mapSeconds(shards, each * rates.buildSeconds, each * (1 + rates.collectionBytes));
  const choose = formats ? pairs * rates.chooseSecondsOfPair : 0;
  const write = formats
    ? mapSeconds(shards, each * rates.writeSeconds, each * (rates.collectionBytes + datasetBytes))
    : NO_MAP;
  // More parts than one upload takes are copied twice.
  const copies = Math.ceil(shards / COPIES_IN_FLIGHT) * (shards > S3_LIMITS.maxParts ? 2 : 1);
  const finalize = (copies * each * (rates.collectionBytes + datasetBytes)) / ASSUMED.copyBytes;
  const taken = [
    { limit: "Choose's memory", share: formats ? pairs / rates.pairsThatFit : 0 },
    { limit: "Choose's 15 minutes", share: choose / FUNCTION_SECONDS },
    { limit: "Finalize's 15 minutes", share: finalize / FUNCTION_SECONDS },
  ].sort((a, b) => b.share - a.share);
  const functionSeconds = shards * (build.child + write.child) + finalize;
  const gib = functionSeconds * (STEP_MEMORY_MB / 1024) + choose * (CHOOSE_MEMORY_MB.least / 1024);
  const dollars =
    gib * ASSUMED.gibSecond +
    // A child's start counts, and its function.
    shards * (formats ? 4 : 2) * ASSUMED.stateTransition +
    (bytes * (1 + (formats ? rates.collectionBytes : 0)) * ASSUMED.s3Get) /
      Math.min(S3_LIMITS.rangeBytes, objectBytes) +
    (bytes * (rates.collectionBytes + datasetBytes) * ASSUMED.s3Put) / S3_LIMITS.partBytes(1) +
    shards * SMALL_PUTS * ASSUMED.s3Put;
  const seconds = build.all + choose + write.all + finalize;
  return {
    shards,
    pairs,
    build: build.all,
    waitsFor: build.waitsFor,
    choose,
    write: write.all,
    finalize,
    seconds,
    dollars,
    taken,
  };
}

/** Large objects are cut; small ones are packed together. */
const shardsOf = (bytes: number, objectBytes: number): number =>
  objectBytes < LIMITS.shard_bytes
    ? Math.ceil(bytes / (Math.floor(LIMITS.shard_bytes / objectBytes) * objectBytes))
    : Math.ceil(bytes / objectBytes) * Math.ceil(objectBytes / LIMITS.shard_bytes);

const NO_MAP = { child: 0, all: 0 };

/** Objects of a shard that are small: rejected lines, pair index, samples, summary, decisions. */
const SMALL_PUTS = 5;

/** One child takes its work or its bytes, whichever is longer; all of them their waves or their starts. */
function mapSeconds(children: number, work: number, bytes: number) {
  const network = bytes / ASSUMED.networkBytes;
  const child = Math.max(work, network);
  const waves = Math.ceil(children / LIMITS.max_concurrency);
  const starts = children / ASSUMED.mapStarts;
  const inWaves = waves > 1 ? 'limits.max_concurrency' : work > network ? 'one core' : 'the network';
  return { child, all: Math.max(waves * child, starts), waitsFor: starts > waves * child ? 'starts' : inWaves };
}

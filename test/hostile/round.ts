import fc from 'fast-check';
import * as z from 'zod';
import { Counters } from '../../lib/contract/counters.ts';
import { scannerAgrees } from '../sources/formats/nat/scanner-agrees.ts';
import { Costs } from './cost.ts';
import { hostileShards, nothingMet, OBJECTS_A_SHARD } from './fuzz.ts';
import { hostileSources } from './hostile-sources.ts';
import type { HostileObject } from './objects.ts';
import { hostileRuns } from './whole-runs.ts';

/** What a round of fuzzing came to. */
export const Round = z.strictObject({
  objects: z.int(),
  counters: Counters,
  costs: Costs,
  /** Whole runs by how they ended. */
  runs: z.record(z.string(), z.int()),
  /** Items given to the scanner, and those that were JSON. */
  scanned: z.int(),
  json: z.int(),
});
export type Round = z.infer<typeof Round>;

/** Objects in a round. The round of a seed is the same wherever it runs. */
export const OBJECTS_A_ROUND = 2_500;
/** Whole runs in a round, of ten objects each. */
const RUNS_A_ROUND = 25;
/** Whole runs over damaged files of every container and format, of one or two each. */
const SOURCES_A_ROUND = 100;

/** Throws at the first object that breaks a promise. `alive` is called every few objects. */
export async function fuzzRound(seed: number, alive: () => void): Promise<Round> {
  const met = nothingMet();
  const runs = new Map<string, number>();
  await require(hostileShards(met).beforeEach(alive), seed, OBJECTS_A_ROUND / OBJECTS_A_SHARD);
  await require(hostileRuns(runs, met.costs).beforeEach(alive), seed, RUNS_A_ROUND);
  await require(hostileSources(runs, met.costs).beforeEach(alive), seed, SOURCES_A_ROUND);
  alive();
  const json = scannerAgrees(OBJECTS_A_ROUND, seed);
  return { ...met, runs: Object.fromEntries(runs), scanned: OBJECTS_A_ROUND, json };
}

async function require<Input extends { readonly objects: readonly HostileObject[] }>(
  property: fc.IAsyncProperty<[Input]>,
  seed: number,
  numRuns: number,
): Promise<void> {
  const { failed, errorInstance, counterexample } = await fc.check(property, { seed, numRuns });
  if (!failed) return;
  const { objects = [], ...settings } = counterexample?.[0] ?? {};
  const told = objects.map(({ form, bytes }) => `${form}, in base64: ${bytes.toString('base64')}`);
  throw new Error(`seed ${seed}: ${JSON.stringify(settings)}\n${told.join('\n')}`, { cause: errorInstance });
}

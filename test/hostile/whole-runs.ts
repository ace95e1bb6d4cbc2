import { deepStrictEqual, strictEqual } from 'node:assert';
import fc from 'fast-check';
import * as z from 'zod';
import { FormatName } from '../../lib/contract/dataset.ts';
import { Manifest } from '../../lib/contract/manifest.ts';
import { FORMATS } from '../../lib/datasets/formats/index.ts';
import { PipelineError } from '../../lib/errors.ts';
import { runKeys } from '../../lib/objects/keys.ts';
import type { ObjectStore } from '../../lib/objects/store.ts';
import { readJson, readLines } from '../../lib/objects/stored-json.ts';
import { committedRun } from '../faults/committed.ts';
import { memoryStore } from '../support/memory-store.ts';
import { runRetrying } from '../support/retrying-run.ts';
import { memoryDeps, type RunDeps } from '../support/run.ts';
import { type Costs, withinCost } from './cost.ts';
import { requireInertPage } from './inert-page.ts';
import { hostileObject } from './objects.ts';

/** Objects in a run. */
export const OBJECTS_A_RUN = 10;

const KEYS = runKeys('run');
const MANY_SHARDS = 10;

const runs = fc.record({
  objects: fc.array(hostileObject, { minLength: OBJECTS_A_RUN, maxLength: OBJECTS_A_RUN }),
  compatibility: fc.constantFrom('strict', 'nat'),
  curriculum: fc.constantFrom(null, { buckets: 3 }),
  use_full_message_history: fc.boolean(),
  shardBytes: fc.integer({ min: 1_024, max: 5_000 }),
});

/**
 * Whole runs over hostile objects, with every format. Each commits or fails by a name; a committed one has the bytes that
 * its manifest says, every line of a trainer's file fits that format's schema, nothing in the report is live but its own,
 * and other shards give the same files, unless an array cannot be cut. `outcomes` counts what the runs came to,
 * and `costs` keeps what they cost at most.
 */
export const hostileRuns = (outcomes: Map<string, number> = new Map(), costs: Costs = {}) =>
  fc.asyncProperty(runs, async ({ objects, shardBytes, ...settings }) => {
    const { compatibility, ...dataset } = settings;
    const traces = memoryStore('traces');
    for (const [number, { bytes }] of objects.entries()) traces.objects.set(`${number}.json`, bytes);
    const request = (shard_bytes: number) => ({
      run_id: 'run',
      // Of objects of several formats a run asks which one is meant.
      source: { traces: { bucket: 'traces', prefix: '' }, format: 'nat' },
      builder: { compatibility },
      dataset: { formats: FormatName.options, ...dataset },
      limits: { max_rejected_fraction: 1, allow_empty: true, allow_incomplete: true, shard_bytes },
    });
    const [whole, cut] = [memoryStore('collections'), memoryStore('collections')];
    const bytes = objects.reduce((sum, object) => sum + object.bytes.length, 0);
    const outcome = await withinCost(costs, { what: 'a run in each format', bytes }, () =>
      outcomeOf(request(1 << 30), memoryDeps(traces, whole)),
    );
    const cutOutcome = await outcomeOf(request(shardBytes), memoryDeps(traces, cut));
    if (cutOutcome === 'ArrayNotIndented') return;
    deepStrictEqual(cutOutcome, outcome);
    const told = cut.objects.has(KEYS.shard(MANY_SHARDS).written) ? `${outcome}, in many shards too` : outcome;
    outcomes.set(told, (outcomes.get(told) ?? 0) + 1);
    if (outcome !== 'committed') return;
    const run = await committedRun(whole);
    deepStrictEqual((await committedRun(cut))?.files, run?.files);
    await requireLinesOfFormats(whole);
    requireInertPage(whole.objects.get(KEYS.report)?.toString() ?? '');
  });

async function outcomeOf(request: object, deps: RunDeps): Promise<string> {
  try {
    await runRetrying(request, deps);
    return 'committed';
  } catch (error) {
    if (error instanceof PipelineError) return error.name;
    throw error;
  }
}

async function requireLinesOfFormats(store: ObjectStore): Promise<void> {
  const { datasets } = await readJson(store, KEYS.manifest, Manifest);
  for (const [name, files] of Object.entries(datasets)) {
    for (const { key, lines } of Object.values(files)) {
      if (!key.endsWith('.jsonl')) continue;
      const { Line, unpaired } = FORMATS[FormatName.parse(name)];
      // What is written apart is checked in twos: each line stands for both.
      const Written = unpaired ? z.unknown().transform((line) => Line.parse([line, line])) : Line;
      const read = await Array.fromAsync(readLines(store, key, Written));
      strictEqual(read.length, lines, key);
    }
  }
}

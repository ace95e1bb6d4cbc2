import { deepStrictEqual, strictEqual } from 'node:assert';
import fc from 'fast-check';
import * as z from 'zod';
import { FormatName } from '../../lib/contract/dataset.ts';
import { runKeys } from '../../lib/contract/keys.ts';
import { Manifest } from '../../lib/contract/manifest.ts';
import { FORMATS } from '../../lib/datasets/formats/index.ts';
import { PipelineError } from '../../lib/errors.ts';
import type { ObjectStore } from '../../lib/store.ts';
import { readJson, readLines } from '../../lib/stored-json.ts';
import { committedRun } from '../faults/committed.ts';
import { memoryStore } from '../support/memory-store.ts';
import { runRetrying } from '../support/retrying-run.ts';
import { memoryDeps } from '../support/run.ts';
import { requireInertPage } from './inert-page.ts';
import { hostileObject } from './objects.ts';

/** Objects in a run. */
export const OBJECTS_A_RUN = 10;

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
 * and other shards give the same files. `outcomes` counts what the runs came to.
 */
export const hostileRuns = (outcomes: Map<string, number> = new Map()) =>
  fc.asyncProperty(runs, async ({ objects, compatibility, curriculum, use_full_message_history, shardBytes }) => {
    const traces = memoryStore('traces');
    for (const [number, { bytes }] of objects.entries()) traces.objects.set(`${number}.json`, bytes);
    const request = (shard_bytes: number) => ({
      run_id: 'run',
      source: { traces: { bucket: 'traces', prefix: '' } },
      builder: { compatibility },
      dataset: { formats: FormatName.options, curriculum, use_full_message_history },
      limits: { max_rejected_fraction: 1, shard_bytes },
    });
    const [whole, cut] = [memoryStore('collections'), memoryStore('collections')];
    const outcome = await outcomeOf(request(1 << 30), traces, whole);
    outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
    deepStrictEqual(await outcomeOf(request(shardBytes), traces, cut), outcome);
    if (outcome !== 'committed') return;
    const run = await committedRun(whole);
    deepStrictEqual((await committedRun(cut))?.files, run?.files);
    await requireLinesOfFormats(whole);
    requireInertPage(whole.objects.get(runKeys('run').report)?.toString() ?? '');
  });

async function outcomeOf(request: object, traces: ObjectStore, collections: ObjectStore): Promise<string> {
  try {
    await runRetrying(request, memoryDeps(traces, collections));
    return 'committed';
  } catch (error) {
    if (error instanceof PipelineError) return error.name;
    throw error;
  }
}

async function requireLinesOfFormats(store: ObjectStore): Promise<void> {
  const { datasets } = await readJson(store, runKeys('run').manifest, Manifest);
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

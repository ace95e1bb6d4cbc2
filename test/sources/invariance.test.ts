import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { Shards } from '../../lib/contract/plan.ts';
import { Unit } from '../../lib/contract/unit.ts';
import type { ObjectStore } from '../../lib/objects/store.ts';
import { readJson } from '../../lib/objects/stored-json.ts';
import { buildShard } from '../../lib/stages/build-shard/build-shard.ts';
import { evaluate } from '../../lib/stages/evaluate.ts';
import { groupCandidates } from '../../lib/stages/group-candidates.ts';
import { memoryStore } from '../support/memory-store.ts';
import { committedRun, finalizeRun, memoryDeps, type RunResult } from '../support/run.ts';
import { storePath } from '../support/stored-folder.ts';
import { golden } from './formats/expected.ts';
import { writePair } from './run-pairs.ts';
import { runSource } from './run-source.ts';
import { MADE_LINES, SAMPLED_LINES } from './source-lines.ts';

interface Settings {
  readonly shardBytes: number;
  readonly score?: string | undefined;
  readonly unit?: Unit;
  /** Tasks of a map end in any order: they run in this one, by their ordinals. */
  readonly inOrder?: (ordinals: readonly number[]) => readonly number[];
}

/** As a run does it, its tasks in another order. */
async function runTasks(traces: ObjectStore, settings: Settings): Promise<RunResult> {
  const { shardBytes, score, unit, inOrder = (ordinals: readonly number[]) => ordinals } = settings;
  const deps = memoryDeps(traces);
  const input = {
    run_id: 'run',
    source: { traces: { bucket: 'traces', prefix: '' }, score },
    builder: { unit },
    dataset: { formats: [] },
    limits: { shard_bytes: shardBytes, max_rejected_fraction: 1, allow_empty: true },
  };
  const planned = await evaluate({ execution: 'run', input }, deps);
  const tasks = planned.grouping ? await readJson(deps.collections, planned.grouping.key, z.array(z.int())) : [];
  for (const ordinal of inOrder(tasks)) await groupCandidates({ run_id: 'run', ordinal }, deps);
  const shards = await readJson(deps.collections, planned.plan.key, Shards);
  for (const ordinal of inOrder(shards.map((shard) => shard.ordinal))) {
    const shard = shards.find((one) => one.ordinal === ordinal);
    if (shard) await buildShard({ run_id: 'run', shard, shards: planned.shards }, deps);
  }
  await finalizeRun(planned, deps);
  return committedRun('run', deps.collections);
}

async function storeLines(lines: readonly string[], chunkBytes = 65_536) {
  const store = memoryStore('traces', chunkBytes);
  await store.create('lines.jsonl', Buffer.from(lines.map((line) => `${line}\n`).join('')));
  return store;
}

const WHOLE = 1 << 30;
const ALL = [...SAMPLED_LINES, ...MADE_LINES];
const pairsOf = ({ groups }: RunResult) => groups.flatMap(({ trajectories }) => trajectories.map(writePair)).toSorted();

describe.each(ALL)('$format', ({ lines, score }) => {
  test('gives the same bytes for any shard size, chunk and order in which tasks end', async () => {
    const whole = await runTasks(await storeLines(lines), { shardBytes: WHOLE, score });
    expect(whole.groups.length).toBeGreaterThan(0);
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1024, max: 16_384 }),
        fc.integer({ min: 1, max: 5000 }),
        fc.array(fc.double({ noNaN: true }), { minLength: 128, maxLength: 128 }),
        async (shardBytes, chunkBytes, draws) => {
          const draw = (ordinal: number): number => draws[ordinal % draws.length] ?? 0;
          const inOrder = (ordinals: readonly number[]) => ordinals.toSorted((a, b) => draw(a) - draw(b));
          const cut = await runTasks(await storeLines(lines, chunkBytes), { shardBytes, score, inOrder });
          expect(cut.collection).toBe(whole.collection);
          expect(cut.rejected).toBe(whole.rejected);
          expect(cut.totals).toEqual(whole.totals);
        },
      ),
      { numRuns: 5 },
    );
  });

  test('gives the same pairs for any order of its lines, in every unit', async () => {
    for (const unit of Unit.options) {
      const wanted = await runTasks(await storeLines(lines), { shardBytes: WHOLE, score, unit });
      await fc.assert(
        fc.asyncProperty(
          fc.shuffledSubarray([...lines], { minLength: lines.length }),
          fc.constantFrom(2048, WHOLE),
          async (shuffled, shardBytes) => {
            const run = await runTasks(await storeLines(shuffled), { shardBytes, score, unit });
            expect(pairsOf(run)).toEqual(pairsOf(wanted));
            expect(run.totals).toEqual(wanted.totals);
          },
        ),
        { numRuns: 2 },
      );
    }
  });
});

test.each([
  ['inspect/zstd.eval', 'quality'],
  ['inspect/react.json', 'includes'],
  ['harbor/odd-job', undefined],
  ['scored_lists/ultrafeedback/train.parquet', undefined],
  ['langfuse/jsonl', 'right'],
])('%s gives the same bytes for any shard size', async (path, score) => {
  const traces = await storePath(golden(path));
  const whole = await runTasks(traces, { shardBytes: WHOLE, score });
  expect(whole.groups.length).toBeGreaterThan(0);
  for (const shardBytes of [1024, 3000, 20_000]) {
    const cut = await runTasks(traces, { shardBytes, score, inOrder: (ordinals) => ordinals.toReversed() });
    expect(cut.collection).toBe(whole.collection);
    expect(cut.rejected).toBe(whole.rejected);
  }
});

test('rollouts give the same pairs in one file and in several', async () => {
  const [rollouts] = MADE_LINES;
  const lines = rollouts?.lines ?? [];
  const wanted = pairsOf(await runSource(await storeLines(lines)));
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.integer({ min: 0, max: 4 }), { minLength: lines.length, maxLength: lines.length }),
      async (files) => {
        const store = memoryStore('traces');
        for (const file of new Set(files)) {
          const own = lines.filter((_, at) => files[at] === file);
          await store.create(`part-${file}.jsonl`, Buffer.from(own.map((line) => `${line}\n`).join('')));
        }
        expect(pairsOf(await runSource(store))).toEqual(wanted);
      },
    ),
    { numRuns: 10 },
  );
});

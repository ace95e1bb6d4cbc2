import * as z from 'zod';
import type { Counters } from '../../lib/contract/counters.ts';
import { Manifest } from '../../lib/contract/manifest.ts';
import { Shards } from '../../lib/contract/plan.ts';
import type { EvaluateOutput } from '../../lib/contract/states.ts';
import type { Group, Rejected } from '../../lib/contract/trajectory.ts';
import { runKeys } from '../../lib/objects/keys.ts';
import type { ObjectStore } from '../../lib/objects/store.ts';
import { readAll } from '../../lib/objects/store.ts';
import { readJson } from '../../lib/objects/stored-json.ts';
import { buildShard } from '../../lib/stages/build-shard/build-shard.ts';
import { type ChooseDeps, choose } from '../../lib/stages/choose.ts';
import type { Deps } from '../../lib/stages/deps.ts';
import { evaluate } from '../../lib/stages/evaluate.ts';
import { finalize } from '../../lib/stages/finalize/finalize.ts';
import { groupCandidates } from '../../lib/stages/group-candidates.ts';
import { writeDatasets } from '../../lib/stages/write-datasets.ts';
import { memoryStore } from './memory-store.ts';

/** What a run's stages work on. Any number of pairs has room, unless a test sets `memoryBytes`. */
export type RunDeps = Deps & Partial<Pick<ChooseDeps, 'memoryBytes'>>;

/** Stands on `traces` and `collections` in memory; any other stores can be given. */
export function memoryDeps(
  traces: ObjectStore = memoryStore('traces'),
  collections: ObjectStore = memoryStore('collections'),
): Deps {
  return {
    bucket: () => traces,
    collections,
    collectionsBucket: 'collections',
    now: () => new Date('2026-01-02T03:04:05.678Z'),
    codeVersion: 'test',
  };
}

export interface RunResult {
  readonly manifest: Manifest;
  readonly totals: Counters;
  /** The files' texts. */
  readonly collection: string;
  readonly rejected: string;
  readonly groups: readonly Group[];
  readonly losses: readonly Rejected[];
}

/** A whole run, state after state, without a state machine. */
export async function runSteps(request: Record<string, unknown>, deps: RunDeps): Promise<RunResult> {
  const planned = await evaluate({ execution: 'run', input: { run_id: 'run', ...request } }, deps);
  await groupAll(planned, deps);
  for (const shard of await readJson(deps.collections, planned.plan.key, Shards)) {
    await buildShard({ run_id: planned.run_id, shard, shards: planned.shards }, deps);
  }
  await finalizeRun(planned, deps);
  return committedRun(planned.run_id, deps.collections);
}

/** Of a scattered source, the tasks before the shards. */
export async function groupAll({ run_id, grouping }: EvaluateOutput, deps: Deps): Promise<void> {
  if (!grouping) return;
  for (const ordinal of await readJson(deps.collections, grouping.key, z.array(z.int()))) {
    await groupCandidates({ run_id, ordinal }, deps);
  }
}

/** What comes after the shards: choosing, writing the datasets, and Finalize. */
export async function finalizeRun(
  { run_id, plan, datasets }: EvaluateOutput,
  deps: RunDeps,
  attempt: <Result>(step: () => Promise<Result>) => Promise<Result> = (step) => step(),
): Promise<void> {
  if (datasets !== 'none') await attempt(() => choose({ run_id }, { memoryBytes: Number.POSITIVE_INFINITY, ...deps }));
  if (datasets === 'files') {
    for (const { ordinal } of await attempt(() => readJson(deps.collections, plan.key, Shards))) {
      await attempt(() => writeDatasets({ run_id, ordinal }, deps));
    }
  }
  await attempt(() => finalize({ run_id }, deps));
}

export async function committedRun(runId: string, store: ObjectStore): Promise<RunResult> {
  const keys = runKeys(runId);
  const text = async (key: string): Promise<string> => new TextDecoder().decode(await readAll(store, key));
  const [manifest, collection, rejected] = [
    await readJson(store, keys.manifest, Manifest),
    await text(keys.collection),
    await text(keys.rejected),
  ];
  const lines = (jsonl: string) =>
    jsonl
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line));
  return {
    manifest,
    totals: manifest.totals,
    collection,
    rejected,
    groups: lines(collection),
    losses: lines(rejected),
  };
}

/** Runs the pipeline over one trace file given as text. */
export async function runText(
  text: string | Uint8Array,
  settings: { key?: string; cut?: boolean; builder?: object; dataset?: object; limits?: object } = {},
): Promise<RunResult> {
  const traces = memoryStore('traces');
  const key = settings.key ?? 'traces.json';
  await traces.create(key, Buffer.from(text));
  return runSteps(
    {
      source: { traces: { bucket: 'traces', key }, cut: settings.cut },
      builder: settings.builder ?? {},
      dataset: settings.dataset ?? {},
      limits: { max_rejected_fraction: 1, ...settings.limits },
    },
    memoryDeps(traces),
  );
}

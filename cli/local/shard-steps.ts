import { availableParallelism } from 'node:os';
import { type Shard, Shards } from '../../lib/contract/plan.ts';
import type { EvaluateOutput, FinalizeOutput } from '../../lib/contract/states.ts';
import { runKeys } from '../../lib/objects/keys.ts';
import { readJson } from '../../lib/objects/stored-json.ts';
import { each } from '../../lib/stages/each.ts';
import { finalize } from '../../lib/stages/finalize/finalize.ts';
import { type AttemptStep, failingAt } from './attempt-step.ts';
import { byteTally, countingDeps } from './byte-tally.ts';
import type { LocalRun } from './local-steps.ts';
import { partBytes } from './part-bytes.ts';
import { TASKS_A_THREAD, type TaskRunner, tasksHere } from './tasks.ts';

/**
 * The steps from the plan to the committed run. They use more threads where that pays, and report each stage's progress by
 * its bytes.
 */
export function shardSteps(run: LocalRun, attempt: AttemptStep) {
  const { request, deps, progress, startWorkers, atOnce = availableParallelism() } = run;
  const { run_id } = request;
  const here = tasksHere(deps);
  let workers: TaskRunner | undefined;
  let runner = here;
  let shards: readonly Shard[] = [];
  let pairs = 0;
  const underWay = () => (runner === here ? atOnce : atOnce * TASKS_A_THREAD);

  /** Begins a stage of so many bytes: progress reports it from now on. */
  function begin(name: string, total: number) {
    const tally = byteTally();
    progress.stage({ name, unit: 'bytes', total, done: tally.done });
    return tally;
  }

  async function useThreads(tasks: number, bytes: number): Promise<void> {
    const threads = Math.min(atOnce, tasks);
    if (workers || !startWorkers || threads < 2 || bytes < WORKERS_PAY_BYTES) return;
    workers = await startWorkers(threads - 1);
    runner = shareTasks(here, workers);
  }

  return {
    async groupCandidates({ input_bytes: bytes }: EvaluateOutput): Promise<void> {
      const { grouping } = runKeys(run_id);
      const tasks = await failingAt({ state: 'GroupCandidates', run_id }, () =>
        readJson(deps.collections, grouping, Shards),
      );
      await useThreads(tasks.length, bytes);
      const reading = begin('grouping candidates', sum(tasks.map(bytesOf)));
      await each(tasks, underWay(), (task) =>
        attempt('GroupCandidates', { state: 'GroupSlice', run_id, shard: task.ordinal }, () =>
          reading.attempt(bytesOf(task), (count) =>
            runner.run('GroupCandidates', { run_id, ordinal: task.ordinal }, count),
          ),
        ),
      );
    },

    async buildShards({ plan, inputs, input_bytes: bytes, grouping }: EvaluateOutput): Promise<void> {
      shards = await failingAt({ state: 'BuildShards', run_id }, () => readJson(deps.collections, plan.key, Shards));
      progress.planned({ shards: shards.length, inputs, bytes });
      await useThreads(shards.length, bytes);
      // What a bucket holds is known when it is read; all together hold about what the source does.
      const bytesOfShard = grouping ? () => Math.ceil(bytes / Math.max(shards.length, 1)) : bytesOf;
      const reading = begin('reading', sum(shards.map(bytesOfShard)));
      const built = await each(shards, underWay(), (shard) =>
        attempt('BuildShard', { state: 'BuildShard', run_id, shard: shard.ordinal }, () =>
          reading.attempt(bytesOfShard(shard), (count) =>
            runner.run('BuildShard', { run_id, shard, shards: shards.length }, count),
          ),
        ),
      );
      pairs = sum(built.map((shard) => shard.pairs));
    },

    async choose(): Promise<void> {
      const { indexes: bytes } = await partBytes(run_id, deps);
      // This thread reports progress and listens for Ctrl-C: a choice among many pairs would keep it from both.
      if (pairs >= CHOSEN_APART_PAIRS) workers ??= await startWorkers?.(1);
      const chooser = pairs >= CHOSEN_APART_PAIRS && workers ? workers : here;
      const choosing = begin('choosing', bytes);
      const input = { run_id, memoryBytes: run.memoryBytes ?? Number.POSITIVE_INFINITY };
      await attempt('Choose', { state: 'Choose', run_id }, () =>
        choosing.attempt(bytes, (count) => chooser.run('Choose', input, count)),
      );
    },

    async writeDatasets(): Promise<void> {
      const { collection } = await partBytes(run_id, deps);
      const writing = begin('writing datasets', sum(shards.map(({ ordinal }) => collection(ordinal))));
      await each(shards, underWay(), ({ ordinal }) =>
        attempt('WriteDatasets', { state: 'WriteParts', run_id, shard: ordinal }, () =>
          writing.attempt(collection(ordinal), (count) => runner.run('WriteDatasets', { run_id, ordinal }, count)),
        ),
      );
    },

    async finalize(): Promise<FinalizeOutput> {
      // Of a run that was committed before nothing is composed.
      const bytes = shards.length === 0 ? 0 : (await partBytes(run_id, deps)).composed;
      const composing = begin('composing', bytes);
      return attempt('Finalize', { state: 'Finalize', run_id }, () =>
        composing.attempt(bytes, (count) => finalize({ run_id }, countingDeps(deps, count))),
      );
    },
  };
}

/** This thread takes tasks as a worker does: its code is loaded and compiled already. */
function shareTasks(here: TaskRunner, workers: TaskRunner): TaskRunner {
  let running = 0;
  return {
    async run(name, input, count) {
      if (running === TASKS_A_THREAD) return workers.run(name, input, count);
      running += 1;
      try {
        return await here.run(name, input, count);
      } finally {
        running -= 1;
      }
    },
  };
}

/** Of less, a second thread makes nothing faster: it takes a tenth of a second to start, and compiles the code for itself. */
export const WORKERS_PAY_BYTES = 2 ** 25;

/** Choosing among so many pairs blocks its thread for some 0.3 seconds. */
const CHOSEN_APART_PAIRS = 200_000;

const bytesOf = ({ slices }: Shard): number => sum(slices.map(({ start, end }) => end - start));

const sum = (numbers: readonly number[]): number => numbers.reduce((total, each) => total + each, 0);

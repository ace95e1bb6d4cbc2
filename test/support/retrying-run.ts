import * as z from 'zod';
import { Shards } from '../../lib/contract/plan.ts';
import type { EvaluateOutput } from '../../lib/contract/states.ts';
import { StoreUnavailable } from '../../lib/errors.ts';
import { readJson } from '../../lib/objects/stored-json.ts';
import { buildShard } from '../../lib/stages/build-shard/build-shard.ts';
import { choose } from '../../lib/stages/choose.ts';
import { evaluate } from '../../lib/stages/evaluate.ts';
import { finalize } from '../../lib/stages/finalize/finalize.ts';
import { groupCandidates } from '../../lib/stages/group-candidates.ts';
import { writeDatasets } from '../../lib/stages/write-datasets.ts';
import type { RunDeps } from './run.ts';

/**
 * A run, state after state, with the state machine's own retries of a store that does not answer, and without its
 * pauses. Nothing of it is in memory afterwards: run again over the same stores, it is a new execution. `ask`: the states
 * that a live workflow's run has besides.
 */
export async function runRetrying(
  input: unknown,
  deps: RunDeps,
  execution = 'run',
  ask?: (evaluated: EvaluateOutput, deps: RunDeps) => Promise<EvaluateOutput>,
): Promise<void> {
  let planned = await retried(() => evaluate({ execution, input }, deps));
  if (planned.status === 'workflow' && ask) planned = await ask(planned, deps);
  if (planned.status !== 'committed') await untilFinalize(planned, deps);
  await retried(() => finalize({ run_id: planned.run_id }, deps));
}

/** The maps over shards, and the choice between them. */
async function untilFinalize({ run_id, plan, datasets, grouping }: EvaluateOutput, deps: RunDeps): Promise<void> {
  const tasks = grouping ? await retried(() => readJson(deps.collections, grouping.key, z.array(z.int()))) : [];
  await untilOneFails(tasks, (ordinal) => retried(() => groupCandidates({ run_id, ordinal }, deps)));
  const shards = await retried(() => readJson(deps.collections, plan.key, Shards));
  await untilOneFails(shards, (shard) => retried(() => buildShard({ run_id, shard, shards: shards.length }, deps)));
  if (datasets === 'none') return;
  await retried(() => choose({ run_id }, { memoryBytes: Number.POSITIVE_INFINITY, ...deps }));
  if (datasets === 'facts') return;
  await untilOneFails(shards, ({ ordinal }) => retried(() => writeDatasets({ run_id, ordinal }, deps)));
}

/** Four at a time; as in the map, what is under way when one fails is over before the run is. */
async function untilOneFails<One>(all: readonly One[], work: (one: One) => Promise<unknown>): Promise<void> {
  const queue = all.values();
  let failure: { readonly error: unknown } | undefined;
  const worker = async (): Promise<void> => {
    for (const one of queue) {
      if (failure) return;
      await work(one).catch((error: unknown) => {
        failure ??= { error };
      });
    }
  };
  await Promise.all(Array.from({ length: 4 }, worker));
  if (failure) throw failure.error;
}

export async function retried<Result>(step: () => Promise<Result>): Promise<Result> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await step();
    } catch (error) {
      if (!(error instanceof StoreUnavailable) || tries === MOST_TRIES) throw error;
    }
  }
}

/** As the definition has it: once, and six times more. */
const MOST_TRIES = 7;

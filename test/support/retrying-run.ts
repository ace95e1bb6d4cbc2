import { Shards } from '../../lib/contract/plan.ts';
import type { EvaluateOutput } from '../../lib/contract/states.ts';
import { StoreUnavailable } from '../../lib/errors.ts';
import { readJson } from '../../lib/objects/stored-json.ts';
import { buildShard } from '../../lib/stages/build-shard.ts';
import { evaluate } from '../../lib/stages/evaluate.ts';
import { finalizeRun, type RunDeps } from './run.ts';

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
  while (planned.status === 'cutting') planned = await retried(() => evaluate({ execution, input }, deps));
  if (planned.status === 'workflow' && ask) planned = await ask(planned, deps);
  if (planned.status !== 'committed') {
    const shards = await retried(() => readJson(deps.collections, planned.plan.key, Shards));
    await untilOneFails(shards, (shard) => retried(() => buildShard({ run_id: planned.run_id, shard }, deps)));
  }
  await finalizeRun(planned, deps, retried);
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

import { placeOf } from '../../lib/contract/failure.ts';
import { Manifest } from '../../lib/contract/manifest.ts';
import type { FinalizeOutput } from '../../lib/contract/states.ts';
import type { TrainingProgress } from '../../lib/contract/training-states.ts';
import { runKeys } from '../../lib/objects/keys.ts';
import { readJson } from '../../lib/objects/stored-json.ts';
import { runInOrder } from '../../lib/stages/run-in-order.ts';
import { type LocalRun, type LocalSteps, localSteps } from './local-steps.ts';

export interface Committed {
  readonly manifest: Manifest;
  /** The run was committed before; nothing was done but, where it trains, to follow its job on. */
  readonly before: boolean;
  /** Where the training ended; undefined for a run that asks for none. */
  readonly training: TrainingProgress | undefined;
}

/** The run on this machine, its training too. Throws the error of the step that failed. */
export async function runLocally(run: LocalRun): Promise<Committed> {
  const steps = localSteps(run);
  try {
    const { committed, before } = await runInOrder(steps);
    const training = committed.train ? await train(committed, steps) : undefined;
    const { manifest } = runKeys(run.request.run_id);
    return { manifest: await readJson(run.deps.collections, manifest, Manifest), before, training };
  } catch (thrown) {
    const { error, place, recorded } = await steps.recordFailure(thrown);
    if (recorded !== null) run.progress.failed(placeOf(place), `${run.deps.collections.name}/${recorded}`);
    throw error;
  }
}

async function train(committed: FinalizeOutput, steps: LocalSteps): Promise<TrainingProgress> {
  let now = await steps.submitTraining(committed);
  for (;;) {
    const { next, wait_seconds } = now.training;
    if (next === 'done') return now.training;
    if (next !== 'deploy') await steps.wait(wait_seconds);
    now = next === 'check' ? await steps.checkTraining(now) : await steps.deployModel(now);
  }
}

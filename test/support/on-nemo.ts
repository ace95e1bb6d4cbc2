import { onTestFinished } from 'vitest';
import type { TrainersDeps } from '../../adapters/trainers/trainers.ts';
import { commitRun } from './committed-run.ts';
import { memoryStore } from './memory-store.ts';
import { startNemo } from './nemo-server.ts';
import { type Clock, customizer, recordsOf, runTraining } from './training-run.ts';

/** For the length of one test: a fake NeMo, a store, and the training states over the committed `run-1` in it. */
export async function onNemo() {
  const nemo = await startNemo();
  onTestFinished(() => nemo.close());
  const store = memoryStore('collections');
  /** `more` goes into the settings of `training.nemo_customizer`. */
  const run = async (more: object = {}, time?: Clock, given?: Partial<TrainersDeps>) => {
    const { input } = await commitRun(store, 'run-1', customizer(nemo.url, more));
    return runTraining(input, store, time, given);
  };
  return { nemo, store, run, ...recordsOf(store) };
}

export const DEPLOYS = { deploy_on_completion: true };

import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runStateMachine } from '../../cli/local/asl-runner.ts';
import { fileStore } from '../../cli/local/file-store.ts';
import { createHttpClient } from '../../functions/http/client.ts';
import { guardedAgent } from '../../functions/http/guard.ts';
import { guardedFetch } from '../../functions/training/guarded-fetch.ts';
import { type TrainersDeps, trainers } from '../../functions/training/trainers.ts';
import pipeline from '../../infra/pipeline.asl.json' with { type: 'json' };
import { CheckTrainingInput, DeployModelInput, SubmitTrainingInput } from '../../lib/contract/training-states.ts';
import { checkTraining } from '../../lib/steps/check-training.ts';
import { deployModel } from '../../lib/steps/deploy-model.ts';
import { submitTraining } from '../../lib/steps/submit-training.ts';
import type { ObjectStore } from '../../lib/store.ts';
import type { TrainingDeps } from '../../lib/training/committed-run.ts';
import { SUBMIT_SECONDS } from '../../lib/training/job-once.ts';

export const newStore = () => fileStore(mkdtempSync(join(tmpdir(), 'dpo-training-')));

const agent = guardedAgent({ allowedOrigins: [], allowPrivate: true });

/** The real trainers over real HTTP; what a test does not say about secrets and events is not to be had. */
export const trainersOf = (collections: ObjectStore, given: Partial<TrainersDeps> = {}): TrainersDeps => ({
  collections,
  location: { bucket: 'collections', prefix: '' },
  http: createHttpClient({ policy: { allowedOrigins: [], allowPrivate: true }, agent }),
  fetch: guardedFetch(agent),
  secret: async (name) => `text of ${name}`,
  events: () => {
    throw new Error('no event bus here');
  },
  ...given,
});

/** A clock that stands still until it is turned. */
export function clock() {
  let now = Date.parse('2026-01-01T00:00:00Z');
  return {
    now: () => new Date(now),
    turn: (seconds: number) => {
      now += seconds * 1000;
    },
  };
}

const { SubmitTraining, AfterTraining, WaitForTraining, CheckTraining } = pipeline.States;
const { DeployModel, WaitForDeployment, Trained, Failed } = pipeline.States;
/** The real one from the committed run on. */
const definition = {
  StartAt: 'SubmitTraining',
  States: {
    ...{ SubmitTraining, AfterTraining, WaitForTraining, CheckTraining },
    ...{ DeployModel, WaitForDeployment, Trained, Failed },
  },
};

/** Runs the training states of the real ASL from the committed run on, waits skipped; the clock turns where it would wait. */
export async function runTraining(
  input: unknown,
  collections: ObjectStore,
  time = clock(),
  given: Partial<TrainersDeps> = {},
) {
  const deps: TrainingDeps = { collections, now: time.now, trainer: trainers(trainersOf(collections, given)) };
  const entered: string[] = [];
  const waits: number[] = [];
  let largest = 0;
  const result = await runStateMachine({
    definition,
    input,
    executionName: 'test',
    maxConcurrency: 1,
    waits: 'skipped',
    storeOf: () => collections,
    handlers: {
      SubmitTrainingFunction: async (payload) => submitTraining(SubmitTrainingInput.parse(payload), deps),
      CheckTrainingFunction: async (payload) => checkTraining(CheckTrainingInput.parse(payload), deps),
      DeployModelFunction: async (payload) => deployModel(DeployModelInput.parse(payload), deps),
    },
    onEvent: (event) => {
      if (event.type === 'state_entered') entered.push(event.state);
      if (event.type === 'state_retried' && event.error === 'TrainingSubmitPending') time.turn(SUBMIT_SECONDS);
      if (event.type === 'state_exited') largest = Math.max(largest, JSON.stringify(event.output ?? null).length);
      if (event.type === 'state_exited' && event.state.startsWith('WaitFor')) {
        const { training } = DeployModelInput.parse(event.output);
        waits.push(training.wait_seconds);
      }
    },
  });
  /** `largest`: bytes of the largest state output. */
  return { result, entered, waits, largest };
}

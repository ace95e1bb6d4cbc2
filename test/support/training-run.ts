import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileStore } from '../../adapters/files/file-store.ts';
import { credentialsFrom } from '../../adapters/http/endpoint-credentials.ts';
import { wayOutOfHere } from '../../adapters/http/way-out.ts';
import { type TrainersDeps, trainers } from '../../adapters/trainers/trainers.ts';
import { RecordFailureInput } from '../../lib/contract/failure.ts';
import { CheckTrainingInput, DeployModelInput, SubmitTrainingInput } from '../../lib/contract/training-states.ts';
import { type ObjectStore, readAll } from '../../lib/objects/store.ts';
import { checkTraining } from '../../lib/stages/check-training.ts';
import { deployModel } from '../../lib/stages/deploy-model.ts';
import { recordFailure } from '../../lib/stages/record-failure.ts';
import { submitTraining } from '../../lib/stages/submit-training.ts';
import type { TrainingDeps } from '../../lib/stages/training/committed-run.ts';
import { SUBMIT_SECONDS } from '../../lib/stages/training/job-once.ts';
import { stateMachine } from './asl/asl-runner.ts';
import { pipelineFrom } from './pipeline-definition.ts';

export const newStore = () => fileStore(mkdtempSync(join(tmpdir(), 'dpo-training-')));

const here = wayOutOfHere({ environment: {}, allowPrivate: true });

/** The real trainers over real HTTP; what a test does not say about events is not to be had. */
export const trainersOf = (collections: ObjectStore, given: Partial<TrainersDeps> = {}): TrainersDeps => ({
  collections,
  location: { bucket: 'collections', prefix: '' },
  ...here,
  events: () => {
    throw new Error('no event bus here');
  },
  ...given,
});

/** The trainers' dependencies where secrets have these texts, by their names. */
export const withSecrets = (secrets: Readonly<Record<string, string>>): Partial<TrainersDeps> => ({
  credentials: credentialsFrom(async (name) => secrets[name] ?? `text of ${name}`),
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
export type Clock = ReturnType<typeof clock>;

/** A training block for NeMo Customizer at this address. */
export const customizer = (url: string, more: object = {}) => ({
  nemo_customizer: {
    entity_host: url,
    datastore_host: `${url}/`,
    namespace: 'team',
    customization_config: 'meta/llama-3.2-1b-instruct@v1.0.0+A100',
    ...more,
  },
});

const machine = stateMachine(pipelineFrom('SubmitTraining'));

/** Runs the training states of the real ASL from the committed run on, waits skipped; the clock turns where it would wait. */
export async function runTraining(
  input: unknown,
  collections: ObjectStore,
  time: Clock = clock(),
  given: Partial<TrainersDeps> = {},
) {
  const deps: TrainingDeps = { collections, now: time.now, trainer: trainers(trainersOf(collections, given)) };
  const entered: string[] = [];
  const waits: number[] = [];
  let largest = 0;
  const result = await machine({
    input,
    executionName: 'test',
    maxConcurrency: 1,
    waits: 'skipped',
    storeOf: () => collections,
    handlers: {
      SubmitTraining: async (payload) => submitTraining(SubmitTrainingInput.parse(payload), deps),
      CheckTraining: async (payload) => checkTraining(CheckTrainingInput.parse(payload), deps),
      DeployModel: async (payload) => deployModel(DeployModelInput.parse(payload), deps),
      RecordFailure: async (payload) => recordFailure(RecordFailureInput.parse(payload), failureDeps(deps)),
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

const failureDeps = ({ collections, now }: TrainingDeps) => ({
  collections,
  now,
  bucket: () => collections,
  collectionsBucket: 'collections',
  codeVersion: 'test',
});

export const textOf = async (store: ObjectStore, key: string) => new TextDecoder().decode(await readAll(store, key));

/** What stands of a run's training: `final_metrics.json`, and `training.jsonl` line by line. */
export const recordsOf = (store: ObjectStore, run = 'run-1') => ({
  finalMetrics: async () => JSON.parse(await textOf(store, `runs/${run}/final_metrics.json`)),
  progressLines: async () =>
    (await textOf(store, `runs/${run}/training.jsonl`))
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line)),
});

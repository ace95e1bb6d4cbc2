import * as z from 'zod';
import { Manifest } from '../../contract/manifest.ts';
import { TrainingSettings } from '../../contract/training.ts';
import { TrainingJob } from '../../contract/training-states.ts';
import { InvalidRequest, ObjectNotFound } from '../../errors.ts';
import { runKeys } from '../../objects/keys.ts';
import type { ObjectStore } from '../../objects/store.ts';
import { readJson } from '../../objects/stored-json.ts';
import type { Deps } from '../deps.ts';
import { ifFound } from '../if-found.ts';
import { trainingKeys } from './keys.ts';
import type { Trainer } from './trainer.ts';

/** What the training steps need from outside. */
export interface TrainingDeps extends Pick<Deps, 'collections' | 'now'> {
  /** The trainer that the settings name, ready to be called: its secrets read, its endpoints not yet. */
  readonly trainer: (training: TrainingSettings) => Promise<Trainer>;
}

/** The committed run and what it asks for, as they stand in the store. */
export async function committedRun(runId: string, store: ObjectStore) {
  const keys = runKeys(runId);
  const manifest = await ifFound(readJson(store, keys.manifest, Manifest));
  if (!manifest)
    throw new ObjectNotFound(`${store.name}/${keys.manifest} does not exist: only a committed run can be trained on.`);
  // The rest of the request is other steps' concern.
  const request = await ifFound(readJson(store, keys.request, z.object({ training: TrainingSettings.optional() })));
  if (!request?.training) throw new InvalidRequest(`The request of run ${runId} has no training block.`);
  return { manifest, training: request.training };
}

/** The job that SubmitTraining recorded. */
export async function recordedJob(runId: string, store: ObjectStore): Promise<TrainingJob> {
  const { job: key } = trainingKeys(runId);
  const job = await ifFound(readJson(store, key, TrainingJob));
  if (!job) {
    throw new ObjectNotFound(
      `${store.name}/${key} is missing, although the job was submitted. Start the run again with the same run_id: it finds the job at the trainer.`,
    );
  }
  return job;
}

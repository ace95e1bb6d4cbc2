import { createHash } from 'node:crypto';
import { trainingFormats } from '../../contract/dataset-for-training.ts';
import type { Manifest } from '../../contract/manifest.ts';
import type { TrainingSettings } from '../../contract/training.ts';
import { InvalidRequest } from '../../errors.ts';
import { trainerSettings } from './plan.ts';
import type { DatasetFile, Submission } from './trainer.ts';

/** The one submission of a committed run: the same whoever makes it, and however often. */
export function submissionOf(manifest: Manifest, training: TrainingSettings): Submission {
  const files = datasetFiles(manifest);
  for (const format of trainingFormats(training)) requireFormat(manifest, format);
  if (files.length === 0) {
    throw new InvalidRequest(
      `Run ${manifest.run_id} has no dataset to train on: add a format to dataset.formats and run under a new run_id.`,
    );
  }
  const id = digest([manifest.run_id, manifest.request_sha256, manifest.collection.checksum.value, training]);
  return {
    run_id: manifest.run_id,
    id,
    description: `dpo-trajectories run ${manifest.run_id} (${id})`,
    name: entityName(manifest.run_id, id),
    output_model: trainerSettings(training)?.output_model ?? null,
    files,
  };
}

/** The committed files of a format, by role. */
export const filesOf = (submission: Submission, format: string): readonly DatasetFile[] =>
  submission.files.filter((file) => file.format === format);

/** 64 bits name a submission among one team's jobs. */
const digest = (parts: readonly unknown[]) =>
  createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 16);

/**
 * `dpo-<run>-<digest>`: trainers' entities are named by lower-case letters, digits and single hyphens, at most 63.
 * The digest keeps apart what the run id's upper case, length or another store would let fall together.
 */
const entityName = (runId: string, id: string) => {
  const readable = runId.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-');
  return `dpo-${readable.slice(0, 48).replaceAll(/^-+|(?<!-)-+$/g, '')}-${id.slice(0, 8)}`;
};

function datasetFiles(manifest: Manifest): readonly DatasetFile[] {
  return Object.entries(manifest.datasets).flatMap(([format, roles]) =>
    Object.entries(roles).map(([role, { key, bytes, lines }]) => ({ format, role, key, bytes, lines })),
  );
}

function requireFormat(manifest: Manifest, format: string): void {
  const roles = manifest.datasets[format];
  if (!roles) {
    const found = Object.keys(manifest.datasets).join(', ') || 'none';
    throw new InvalidRequest(
      `Run ${manifest.run_id} has no ${format} dataset (formats found: ${found}): add "${format}" to dataset.formats and run under a new run_id.`,
    );
  }
  for (const role of ['training', 'validation']) {
    if (!roles[role]?.lines) {
      throw new InvalidRequest(
        `The ${format} dataset of run ${manifest.run_id} has no ${role} line, but the trainer needs both sides. Give more examples, or another dataset.validation_fraction, under a new run_id.`,
      );
    }
  }
}

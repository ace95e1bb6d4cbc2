import { uploadDataset } from '../adapters/trainers/hub-dataset.ts';
import { FormatName } from '../lib/contract/dataset.ts';
import { InvalidRequest } from '../lib/errors.ts';
import { runKeys } from '../lib/objects/keys.ts';
import { findRun, readManifest } from './read-run.ts';

export interface PushOptions {
  readonly out?: string | undefined;
  /** Of the run's formats; needed where it has several. */
  readonly format?: string | undefined;
  /** Only a repo that is made now is private; one that exists stays as it is. */
  readonly isPublic: boolean;
  readonly token: string;
  readonly hubUrl: string;
}

export interface Pushed {
  readonly repo: string;
  readonly url: string;
  readonly format: string;
  readonly files: number;
  readonly bytes: number;
}

/**
 * Uploads one format's folder of a committed run to a dataset repo, all files in one commit. Files that the repo has already
 * are not sent again. Throws {@link InvalidRequest} for a run that is not committed, or a format that it does not have.
 */
export async function pushDataset(run: string, target: string, options: PushOptions): Promise<Pushed> {
  const repo = repoIn(target);
  const { store, runId } = await findRun(run, options.out);
  const keys = runKeys(runId);
  const { datasets } = await readManifest(store, runId);
  const format = formatOf(Object.keys(datasets), options.format, run);
  const folder = keys.dataset(format, '');
  const files = Object.values(datasets[format] ?? {}).map(({ key, bytes }) => ({
    ...{ key, bytes },
    path: key.slice(folder.length),
  }));
  const { token, hubUrl } = options;
  await uploadDataset({
    ...{ hubUrl, repo, files, store, fetch },
    visibility: options.isPublic ? 'public' : 'private',
    description: `Dataset ${format} of run ${runId}`,
    credentials: {
      setting: 'HF_TOKEN',
      headers: { authorization: `Bearer ${token}` },
      redact: (text) => text.replaceAll(token, '…'),
    },
  });
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  return { repo, url: `${hubUrl}/datasets/${repo}`, format, files: files.length, bytes };
}

function repoIn(target: string): string {
  const [, repo] = /^hf:\/\/(?:datasets\/)?([\w.-]+\/[\w.-]+)$/.exec(target) ?? [];
  if (repo === undefined) throw new InvalidRequest(`${target} is not a dataset repo. Write hf://organization/name.`);
  return repo;
}

function formatOf(written: readonly string[], asked: string | undefined, run: string): FormatName {
  const [only] = written;
  if (only === undefined) throw new InvalidRequest(`${run} has no dataset, because its dataset.formats is empty.`);
  if (asked === undefined && written.length > 1) {
    throw new InvalidRequest(`${run} has datasets for ${written.join(', ')}: choose one with --format.`);
  }
  const format = asked ?? only;
  if (!written.includes(format)) {
    throw new InvalidRequest(`${run} has no dataset for ${format}; it has ${written.join(', ')}.`);
  }
  return FormatName.parse(format);
}

import { FormatName } from '../lib/contract/dataset.ts';
import { Manifest } from '../lib/contract/manifest.ts';
import { Request } from '../lib/contract/request.ts';
import { InvalidRequest } from '../lib/errors.ts';
import { runKeys } from '../lib/objects/keys.ts';
import { readJson } from '../lib/objects/stored-json.ts';
import { outLocation } from './locations.ts';
import { findRun } from './read-run.ts';
import type { Settings } from './settings.ts';

export interface OverCollection {
  readonly settings: Settings;
  /** Where the committed run was written, as `--out` takes it. */
  readonly out: string;
}

/**
 * A committed run's settings, over its collection in place of its traces, for other formats. Throws {@link InvalidRequest}
 * where it is not committed, has no pair, or was built in `nat`: `strict` would leave pairs of it out.
 */
export async function settingsOverCollection(run: string, formats: readonly string[]): Promise<OverCollection> {
  const unknown = formats.find((format) => !FormatName.safeParse(format).success);
  if (unknown !== undefined) {
    throw new InvalidRequest(`--format ${unknown} is no format: name one of ${FormatName.options.join(', ')}.`);
  }
  const { store, runId, out } = await findRun(run, undefined);
  const keys = runKeys(runId);
  if (!(await store.head(keys.manifest))) {
    throw new InvalidRequest(`${store.name}/${keys.manifest} is not there: ${run} is not committed.`);
  }
  const { limits, dataset, builder } = await readJson(store, keys.request, Request);
  if (builder.compatibility === 'nat') {
    throw new InvalidRequest(
      `${run} was built with builder.compatibility nat: run over its traces again, with --set dataset.formats=${JSON.stringify(formats)}.`,
    );
  }
  const { totals } = await readJson(store, keys.manifest, Manifest);
  if (totals.total_pairs === 0) throw new InvalidRequest(`${run} has no pair: there is nothing to convert.`);
  const { bucket, prefix } = await outLocation(out);
  // Prompts and answers are cut out of their conversations already.
  const { unit, drop_truncated: _, ...pairing } = builder;
  return {
    out,
    settings: {
      source: { traces: { bucket, key: `${prefix}${keys.collection}` }, format: 'collection' },
      builder: { ...pairing, ...(unit === 'trajectory' && { unit }) },
      dataset: { ...dataset, formats },
      limits,
    },
  };
}

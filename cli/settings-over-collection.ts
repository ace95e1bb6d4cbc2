import { FormatName } from '../lib/contract/dataset.ts';
import { Request } from '../lib/contract/request.ts';
import { InvalidRequest } from '../lib/errors.ts';
import { runKeys } from '../lib/objects/keys.ts';
import { readJson } from '../lib/objects/stored-json.ts';
import { outLocation } from './locations.ts';
import { findRun, readManifest } from './read-run.ts';
import type { Settings } from './settings.ts';
import { compareFile, describeDifference } from './verify-run.ts';

export interface OverCollection {
  readonly settings: Settings;
  /** Where the committed run was written, as `--out` takes it. */
  readonly out: string;
}

/**
 * A committed run's settings, over its collection in place of its traces, for other formats. Throws {@link InvalidRequest}
 * where it is not committed, was changed since, has no pair, or was built in `nat`: `strict` would leave pairs of it out.
 */
export async function settingsOverCollection(run: string, formats: readonly string[]): Promise<OverCollection> {
  const unknown = formats.find((format) => !FormatName.safeParse(format).success);
  if (unknown !== undefined) {
    throw new InvalidRequest(`--format ${unknown} is not a format. Name one of ${FormatName.options.join(', ')}.`);
  }
  const { store, runId, out } = await findRun(run, undefined);
  const keys = runKeys(runId);
  const { totals, collection } = await readManifest(store, runId);
  const { limits, dataset, builder, report } = await readJson(store, keys.request, Request);
  if (builder.compatibility === 'nat') {
    throw new InvalidRequest(
      `${run} was built with builder.compatibility nat. Run over its traces again, with --set dataset.formats=${JSON.stringify(formats)}.`,
    );
  }
  if (totals.total_pairs === 0) throw new InvalidRequest(`${run} has no pairs to convert.`);
  const [difference] = await compareFile(store, collection);
  if (difference) {
    throw new InvalidRequest(
      `The collection differs from what the run committed, so nothing is converted: ${describeDifference(difference)} Run over its traces again.`,
    );
  }
  const { bucket, prefix } = await outLocation(out);
  // Prompts and answers are cut out of their conversations already.
  const { unit, drop_truncated: _, ...pairing } = builder;
  return {
    out,
    settings: {
      source: { traces: { bucket, key: `${prefix}${keys.collection}` }, format: 'collection' },
      builder: { ...pairing, ...(unit === 'trajectory' && { unit }) },
      dataset: { ...dataset, formats },
      // Of a committed collection nothing is unreadable, whatever was of the traces.
      limits: { ...limits, max_rejected_fraction: 0, allow_incomplete: false },
      report,
    },
  };
}

import type * as z from 'zod';
import type { BuilderSettings } from '../lib/contract/builder.ts';
import type { DatasetSettings, FormatName } from '../lib/contract/dataset.ts';
import { parseRequest } from '../lib/contract/parse-request.ts';
import type { Limits, Request } from '../lib/contract/request.ts';
import type { TraceSource } from '../lib/contract/source.ts';
import { InvalidRequest } from '../lib/errors.ts';

/**
 * The settings of a request that say nothing of places. Each function reads its own of them, so that one object can be
 * given to all.
 */
export interface Settings {
  /** How records become candidates. What is left out, the content shows. */
  readonly source?: Omit<z.input<typeof TraceSource>, 'traces' | 'cut'>;
  /** How candidates become pairs. */
  readonly builder?: z.input<typeof BuilderSettings>;
  /** How pairs become a dataset. */
  readonly dataset?: Omit<z.input<typeof DatasetSettings>, (typeof OF_RUNS)[number]>;
  /** What one example may make of pairs, and whether an incomplete file is read. */
  readonly limits?: z.input<typeof Limits>;
}

/** Settings of `dataset` that only a whole run has a place for. */
const OF_RUNS = ['formats', 'file_type', 'tokenizer', 'max_prompt_tokens', 'max_tokens', 'gate'] as const;

/** A request whose source is the input. */
export interface InputRequest extends Omit<Request, 'source'> {
  readonly source: TraceSource;
}

/** Groups, losses and examples made here name no run of anybody's. */
export const RUN_ID = 'in-memory';
/** Of what is held here to be looked at. */
export const INPUT_BUCKET = 'input';

/** The settings with their defaults, as the stages take them. Throws {@link InvalidRequest} that names each wrong one. */
export function requestFor(
  { source, dataset, ...others }: Settings,
  { key = 'input', formats = [] }: { readonly key?: string; readonly formats?: readonly FormatName[] } = {},
): InputRequest {
  const refused = OF_RUNS.find((name) => dataset && name in dataset);
  if (refused !== undefined) {
    throw new InvalidRequest(
      `dataset.${refused} is a setting of whole runs: leave it out here (writeFormat names its format), or call run.`,
    );
  }
  const request = parseRequest({
    ...others,
    run_id: RUN_ID,
    source: { ...source, traces: { bucket: INPUT_BUCKET, key } },
    dataset: { ...dataset, formats },
  });
  if ('workflow' in request.source) throw new InvalidRequest('source.workflow is for dpo run: leave it out here.');
  return { ...request, source: request.source };
}

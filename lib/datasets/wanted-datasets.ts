import type { Request } from '../contract/request.ts';
import type { EvaluateOutput } from '../contract/states.ts';

/** A gate asks for a dataset's facts, whether its files are written or not. */
export function wantedDatasets({ dataset }: Pick<Request, 'dataset'>): EvaluateOutput['datasets'] {
  if (dataset.formats.length > 0) return 'files';
  return Object.values(dataset.gate).some((threshold) => threshold !== null) ? 'facts' : 'none';
}

import { findFormats } from '../../sources/detect-format.ts';
import { SOURCE_FORMATS } from '../../sources/formats/index.ts';
import { openFormat } from '../../sources/open-format.ts';
import type { SourceFormat, SourceSample } from '../../sources/source-format.ts';
import type { Deps } from '../deps.ts';
import { type SampledObject, sampleFor } from './sample-object.ts';

/** Joins nothing: it shows an object's records as they are. */
export const PLAIN: SourceFormat = openFormat('rollouts');

/** The formats that are sure of the object. */
export async function formatsOf(one: SampledObject, deps: Deps): Promise<readonly SourceFormat[]> {
  const sample = sampleFor(one, deps);
  const samples = new Map<SourceFormat, SourceSample>();
  for (const format of SOURCE_FORMATS) samples.set(format, await sample(format));
  return findFormats((format) => samples.get(format) ?? { records: [] }, SOURCE_FORMATS);
}

import { findFormats } from '../../sources/detect-format.ts';
import { SOURCE_FORMATS } from '../../sources/formats/index.ts';
import { openFormat } from '../../sources/open-format.ts';
import type { SourceFormat, SourceSample } from '../../sources/source-format.ts';
import type { SampledObject } from './sample-object.ts';

/** Joins nothing: it shows an object's records as they are. */
export const PLAIN: SourceFormat = openFormat('rollouts');

/** The formats that are sure of the object. */
export async function formatsOf({ sample }: SampledObject): Promise<readonly SourceFormat[]> {
  const samples = new Map<SourceFormat, SourceSample>();
  for (const format of SOURCE_FORMATS) samples.set(format, await sample(format));
  return findFormats((format) => samples.get(format) ?? { records: [] }, SOURCE_FORMATS);
}

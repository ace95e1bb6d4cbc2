import { InvalidRequest } from '../errors.ts';
import { listKeys } from './check-field-map.ts';
import { isObject } from './json/exact-json.ts';
import { proposeFieldMap } from './propose-field-map.ts';
import type { SourceFormat, SourceSample } from './source-format.ts';

/** What an object shows of itself to a format: some read records that are joined of several entries. */
export type SampleFor = (format: SourceFormat) => SourceSample;

/** The formats that are sure of the sample. Those of customary keys are asked where no product's own format is sure. */
export function findFormats(sampleFor: SampleFor, formats: readonly SourceFormat[]): readonly SourceFormat[] {
  const sure = formats.filter((format) => format.detect(sampleFor(format)) === 'sure');
  const own = sure.filter(({ generic }) => !generic);
  return own.length > 0 ? own : sure;
}

/** The one format that fits; anything else is for the person to say. */
export function detectFormat(sampleFor: SampleFor, formats: readonly SourceFormat[]): SourceFormat {
  const [found, ...others] = findFormats(sampleFor, formats);
  if (found && others.length === 0) return found;
  if (found) {
    const names = [found, ...others].map(({ name }) => name);
    throw new InvalidRequest(
      `The first records fit several source formats: ${names.join(', ')}. Name the one they are of, as in --set source.format=${found.name}.`,
    );
  }
  throw new InvalidRequest(
    explainUnknown(formats.map(sampleFor).find(({ records }) => records.length > 0)?.records ?? []),
  );
}

export function explainUnknown(records: readonly unknown[]): string {
  const keys = [...new Set(records.flatMap((record) => (isObject(record) ? Object.keys(record) : [])))];
  if (keys.length === 0) return 'The first records fit no source format: none of them is an object with keys.';
  const { map, missing, notes } = proposeFieldMap(records);
  const advice =
    missing.length === 0
      ? `Name their fields, as in source.format: ${JSON.stringify(map)}.`
      : `Name their fields in source.format; ${missing.join(' and ')} must be among them.`;
  const sentences = [
    'The first records fit no source format.',
    `Their keys are ${listKeys(keys)}.`,
    ...notes.map((note) => `${note}.`),
    advice,
  ];
  return sentences.join(' ');
}

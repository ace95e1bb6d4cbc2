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

/** Why records fit no format: their keys, and a field map of them where one shows. */
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

import type { RunSource } from '../contract/run-source.ts';
import { InvalidRequest } from '../errors.ts';
import { fieldMapFormat } from './field-map-format.ts';
import { FIELD_FORMATS, SOURCE_FORMATS } from './formats/index.ts';
import { natEval } from './formats/nat-eval.ts';
import type { SourceFormat } from './source-format.ts';

/**
 * The source format of this name, or the one that the field map spells out. `natKeys`: where NAT was told to rename its
 * keys. Throws {@link InvalidRequest}.
 */
export function openFormat(choice: RunSource['format'], natKeys?: RunSource['nat_keys']): SourceFormat {
  if (natKeys && choice === 'nat_eval') return natEval(natKeys);
  if (typeof choice !== 'string') return fieldMapFormat(choice, PRESETS);
  const format = SOURCE_FORMATS.find(({ name }) => name === choice);
  if (!format) throw new InvalidRequest(`source.format is ${choice}, which this command cannot read.`);
  return format;
}

const fields = new Set<SourceFormat>(FIELD_FORMATS);
const PRESETS = { fields: FIELD_FORMATS, others: SOURCE_FORMATS.filter((format) => !fields.has(format)) };

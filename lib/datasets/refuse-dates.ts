import type { FormatName } from '../contract/dataset.ts';
import type { FormatChoice } from '../contract/dataset-result.ts';
import { InvalidRequest } from '../errors.ts';
import { FORMATS } from './formats/index.ts';
import type { Layout } from './layout.ts';

/**
 * Throws {@link InvalidRequest} where a format's JSON lines would have a column of nothing but texts that look like dates:
 * Hugging Face `datasets` gives them back as dates ("2024-01-01 00:00:00"), and the model would learn that.
 */
export function refuseDates(name: FormatName, { lines }: FormatChoice, layout: Layout): void {
  if (lines === 0) return;
  const column = FORMATS[name]
    .typedColumns?.(layout)
    .find((slots) => slots.every((slot) => layout.dates.includes(slot)));
  if (!column) return;
  const way = FORMATS[name].parquet
    ? 'Set dataset.file_type to parquet, in which text stays text.'
    : `Leave ${name} out of dataset.formats.`;
  throw new InvalidRequest(
    `In the lines for ${name} every text of ${column.join(' and ')} looks like a date, and its trainer would read dates instead. ${way}`,
  );
}

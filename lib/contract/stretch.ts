import * as z from 'zod';
import { CollectionRun } from './collection-run.ts';
import { FormatName } from './dataset.ts';
import { ChoiceOutcome, FormatResult } from './dataset-result.ts';
import { RunId } from './run-id.ts';

/**
 * Part of the collection: the groups whose lines begin at or after `start` and before `end`. The unit of the export's
 * fan-out, where a collection is too large for one function; `export/stretches.json` is an array of these.
 */
export const Stretch = z.strictObject({
  ordinal: z.int().min(0),
  start: z.int().min(0),
  end: z.int().min(0),
  /** Of the whole collection. */
  collection_bytes: z.int().min(0),
});
export type Stretch = z.infer<typeof Stretch>;

export const Stretches = z.array(Stretch).min(1);
export type Stretches = z.infer<typeof Stretches>;

/** What a stretch holds, told once its records stand. */
export const RecordedStretch = z.strictObject({
  run_id: RunId,
  ordinal: z.int().min(0),
  groups: z.int().min(0),
  pairs: z.int().min(0),
  /** Keys of the trace objects, which the records name by their number here. */
  sources: z.array(z.string()),
  /** CRC-32 of the records: who writes the stretch's pairs finds the same again. */
  crc32: z.int().min(0),
});
export type RecordedStretch = z.infer<typeof RecordedStretch>;

/** What was chosen of all stretches together, and what else their records tell. */
export const StretchesChoice = ChoiceOutcome.extend({ collection_runs: z.array(CollectionRun) });
export type StretchesChoice = z.infer<typeof StretchesChoice>;

/** What was written of a stretch, told once the parts of the datasets' files stand. */
export const WrittenStretch = z.strictObject({
  run_id: RunId,
  ordinal: z.int().min(0),
  pairs: z.int().min(0),
  formats: z.array(z.strictObject({ name: FormatName, result: FormatResult })),
});
export type WrittenStretch = z.infer<typeof WrittenStretch>;

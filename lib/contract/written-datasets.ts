import * as z from 'zod';
import { FormatName } from './dataset.ts';
import { DatasetFile } from './dataset-result.ts';
import { RunId } from './run-id.ts';

/** A shard's `written.json`: its parts of the datasets' files. WriteDatasets' last write, made once. */
export const WrittenDatasets = z.strictObject({
  run_id: RunId,
  ordinal: z.int().min(0),
  /** The decisions that it was written by. */
  decisions: z.strictObject({ bytes: z.int().min(0), crc32: z.int().min(0) }),
  formats: z.partialRecord(FormatName, z.array(DatasetFile)),
});
export type WrittenDatasets = z.infer<typeof WrittenDatasets>;

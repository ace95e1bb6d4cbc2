import * as z from 'zod';
import { FieldMap } from '../sources/field-map.ts';
import { RunId } from './run-id.ts';
import { ScoreChoice } from './score-choice.ts';
import { SourceFormatName } from './source-format-name.ts';
import { Unit } from './unit.ts';

/** `source.json`: what Evaluate found a run's source to be. Missing where the traces are NAT's, or candidate lines. */
export const RunSource = z.strictObject({
  run_id: RunId,
  format: z.union([SourceFormatName, FieldMap]),
  score: ScoreChoice,
  unit: Unit,
  /** Objects that hold other things than the format's records: how many, and the first of their keys. */
  passed_over: z.strictObject({ count: z.int().min(0), keys: z.array(z.string()) }),
});
export type RunSource = z.infer<typeof RunSource>;

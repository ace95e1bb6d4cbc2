import * as z from 'zod';
import { FieldMap } from '../sources/field-map.ts';
import { NatKeys } from './nat-keys.ts';
import { RunId } from './run-id.ts';
import { ScoreChoice } from './score-choice.ts';
import { SourceFormatName } from './source-format-name.ts';
import { Unit } from './unit.ts';

/** What a folder holds beside traces: how many files, and the first of their keys. */
export const Beside = z.strictObject({
  /**
   * `content`: of NAT's traces alone, other formats have `passed_over`. `run`: the keys are the folders of runs. `twin`:
   * another name of a file that is read. `unreadable`: of no container, as `detail` says. `entry`: of an archive.
   */
  why: z.enum(['hidden', 'link', 'name', 'run', 'content', 'twin', 'unreadable', 'entry']),
  detail: z.string().optional(),
  count: z.int().min(1),
  keys: z.array(z.string()),
});
export type Beside = z.infer<typeof Beside>;

/**
 * `source.json`: what Evaluate found a run's source to be. Where the traces are NAT's or candidate lines, it exists only to
 * name what was passed over.
 */
export const RunSource = z.strictObject({
  run_id: RunId,
  format: z.union([SourceFormatName, FieldMap]),
  score: ScoreChoice,
  unit: Unit,
  /** Of NAT's files, where the request renames their keys. */
  nat_keys: NatKeys.optional(),
  /** Objects that hold other things than the format's records: how many, and the first of their keys. */
  passed_over: z.strictObject({ count: z.int().min(0), keys: z.array(z.string()) }),
  beside: z.array(Beside).default([]),
});
export type RunSource = z.infer<typeof RunSource>;

import * as z from 'zod';
import { FieldMap } from '../sources/field-map.ts';
import { ContainerName } from './container-name.ts';
import { NatKeys } from './nat-keys.ts';
import { ScoreChoice } from './score-choice.ts';
import { SourceFormatName } from './source-format-name.ts';
import { WorkflowSource } from './workflow.ts';

/** One trace object, or all trace objects under a prefix. */
export const TraceLocation = z.union([
  z.strictObject({ bucket: z.string().min(1), key: z.string().min(1) }),
  z.strictObject({ bucket: z.string().min(1), prefix: z.string() }),
]);
export type TraceLocation = z.infer<typeof TraceLocation>;

export const TraceSource = z.strictObject({
  traces: z.union([TraceLocation, z.array(TraceLocation).min(1)]),
  /**
   * Several tasks read a large object of JSON lines, or an array whose elements begin lines with the same indentation.
   * `false`: one task reads each object whole.
   */
  cut: z.boolean().default(true),
  /** How records become candidates: a format's name, or where a record holds what. Left out: the content shows it. */
  format: z.union([SourceFormatName, FieldMap]).optional(),
  /** The container of the records (of `.gz` and `.zst`: of their text). Left out: detected from the content. */
  container: ContainerName.optional(),
  /**
   * The score to compare answers by: its name (`quality`), a JSON Pointer to it in the record (`/reward`), or several of
   * either with the weight of each. Left out: the format's default.
   */
  score: ScoreChoice.optional(),
  /** Of NAT's traces: the keys that `eval.general.dataset` renames, under its names. `--nat-config` sets them. */
  nat_keys: NatKeys.optional(),
});
export type TraceSource = z.infer<typeof TraceSource>;

/** Traces that are there, or a running agent that answers a dataset's examples to make them. */
export const Source = z.union([TraceSource, z.strictObject({ workflow: WorkflowSource })]);
export type Source = z.infer<typeof Source>;

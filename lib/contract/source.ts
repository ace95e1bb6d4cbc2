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
  /** `false`: one task reads each object whole. */
  cut: z.boolean().default(true),
  /** A format's name, or pointers to the fields. */
  format: z.union([SourceFormatName, FieldMap]).optional(),
  /** Left out: the content shows it, as for the format. */
  container: ContainerName.optional(),
  /** A score's name (`quality`), a JSON Pointer (`/reward`), or several with their weights. Left out: the format's default. */
  score: ScoreChoice.optional(),
  /** Keys that NAT's `eval.general.dataset` renames. `--nat-config` sets them. */
  nat_keys: NatKeys.optional(),
});
export type TraceSource = z.infer<typeof TraceSource>;

/** Traces that are there, or a running agent that answers a dataset's examples to make them. */
export const Source = z.union([TraceSource, z.strictObject({ workflow: WorkflowSource })]);
export type Source = z.infer<typeof Source>;

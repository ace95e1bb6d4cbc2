import type { FieldFormat } from '../fields/field-format.ts';
import type { SourceFormat } from '../source-format.ts';
import { candidates } from './candidates/candidates.ts';
import { collection } from './collection.ts';
import { comparisons } from './comparisons.ts';
import { harbor } from './harbor/harbor.ts';
import { inspect } from './inspect/inspect.ts';
import { langfuse } from './langfuse.ts';
import { mlflow } from './mlflow.ts';
import { natEval } from './nat-eval.ts';
import { nemoGym } from './nemo-gym.ts';
import { openrlhf } from './openrlhf.ts';
import { otel } from './otel.ts';
import { pairs } from './pairs.ts';
import { phoenix } from './phoenix.ts';
import { rlhflow } from './rlhflow.ts';
import { rollouts } from './rollouts.ts';
import { scoredLists } from './scored-lists.ts';
import { ultrafeedback } from './ultrafeedback.ts';
import { verifiers } from './verifiers/verifiers.ts';
import { verl } from './verl.ts';

/** Formats that are where their fields are, and nothing besides: a request's pointers replace theirs. */
export const FIELD_FORMATS: readonly FieldFormat[] = [
  candidates,
  rollouts,
  scoredLists,
  comparisons,
  pairs,
  openrlhf,
  rlhflow,
];

/** All source formats, by the names that `source.format` takes. */
export const SOURCE_FORMATS: readonly SourceFormat[] = [
  collection,
  inspect,
  verifiers,
  nemoGym,
  harbor,
  ultrafeedback,
  verl,
  natEval(),
  langfuse,
  otel,
  phoenix,
  mlflow,
  ...FIELD_FORMATS,
];

import * as z from 'zod';
import { runKeys } from '../objects/keys.ts';
import { isPlainUrl } from './plain-url.ts';
import { TraceObject } from './plan.ts';
import { RunId } from './run-id.ts';
import { SecretName } from './secret-name.ts';

/** A running agent that answers a dataset's examples: `source.workflow` of a request. NAT's names where NAT has one. */
export const WorkflowSource = z.strictObject({
  /** The URL of the workflow. On AWS `allowedEndpoints` must list it. */
  endpoint: z.url({ protocol: /^https?$/, error: 'must be an http(s) URL' }).refine(isPlainUrl, {
    error: 'must have no user, query or fragment: credentials come from auth_secret_arn',
  }),
  /** The endpoint that streams steps. The default falls back to `/generate/full`. */
  route: z
    .string()
    .regex(
      /^\/(?:.*\/)?full$/,
      'must be the route that sends steps, which begins with / and ends in /full: /v1/workflow/full',
    )
    .default('/v1/workflow/full'),
  /** Event types, with commas between them (`TTC_END`); null: all. */
  filter_steps: z
    .string()
    .regex(/^[A-Z_]+(,[A-Z_]+)*$/, 'must be event types with commas between them, such as TTC_END')
    .nullable()
    .default(null),
  /** A JSON array, JSON lines, or CSV if the key ends in `.csv`. On AWS: under `tracesPrefix`. */
  dataset: z.strictObject({
    /** With `dpo run` also a directory, as `file:data`. */
    bucket: z.string().min(1),
    key: z.string().min(1),
  }),
  id_key: z.string().min(1).default('id'),
  question_key: z.string().min(1).default('question'),
  answer_key: z.string().min(1).default('answer'),
  /** Answers for each example: `X_rep0`, `X_rep1`, … */
  reps: z.int().min(1).max(1000).default(1),
  /** Examples that one child execution asks. */
  batch_size: z.int().min(1).max(100).default(10),
  /** Examples at the same time. */
  max_concurrency: z.int().min(1).max(1000).default(8),
  /** For one answer. */
  timeout_seconds: z.int().min(1).max(840).default(300),
  /** Tries after 429, 500, 502, 503, 504 or a broken connection. */
  max_retries: z.int().min(0).max(10).default(3),
  /** The body to post; `{{question}}`, `{{id}}` and `{{<column>}}` are replaced. */
  body: z.json().default({ input_message: '{{question}}' }),
  /** Holds a bearer token or a JSON object of headers: an ARN of Secrets Manager, or `env:NAME` on your machine. */
  auth_secret_arn: SecretName,
  /** Counts an example that fails and goes on. */
  continue_on_collection_error: z.boolean().default(false),
});
export type WorkflowSource = z.infer<typeof WorkflowSource>;

/** Consecutive rows in one repetition: what one child execution asks. `batches.json` is an array of these. */
export const Batch = z.strictObject({
  ordinal: z.int().min(0),
  /** Repetition, from 0. */
  rep: z.int().min(0),
  /** Number of the first row, from 0. */
  first_row: z.int().min(0),
  rows: z.int().min(1),
  /** The rows' bytes in `dataset.jsonl`: from `start` to before `end`. */
  start: z.int().min(0),
  end: z.int().min(1),
});
export type Batch = z.infer<typeof Batch>;

/** `batches.json`: what the map over batches reads. */
export const Batches = z.array(Batch);
export type Batches = z.infer<typeof Batches>;

/** Rows that are not asked, as NAT asks none of them: of a repeated id all but the first, and those without a question. */
export const SkippedRows = z.strictObject({ repeated_id: z.int().min(0), blank_question: z.int().min(0) });
export type SkippedRows = z.infer<typeof SkippedRows>;

/** `dataset-pin.json`: the dataset as it was read, an input of the run's manifest. */
export const DatasetPin = TraceObject.extend({ skipped: SkippedRows });
export type DatasetPin = z.infer<typeof DatasetPin>;

/** Tries that examples have had so far, by row number: what a batch hands on with the rest of its work. */
const Tried = z.record(z.string().regex(/^\d+$/), z.int().min(1));

export const RunWorkflowInput = z.strictObject({
  run_id: RunId,
  batch: Batch,
  tried: Tried.default({}),
  done: z.literal(false).default(false),
  answered: z.int().min(0).default(0),
  failed: z.int().min(0).default(0),
});
export type RunWorkflowInput = z.infer<typeof RunWorkflowInput>;

/** The input of the next round while `done` is false. */
export const RunWorkflowOutput = z.strictObject({
  run_id: RunId,
  batch: Batch,
  tried: Tried,
  done: z.boolean(),
  /** Rows with an answer in the batch's parts so far. */
  answered: z.int().min(0),
  /** Rows with a failure in the batch's parts so far. */
  failed: z.int().min(0),
});
export type RunWorkflowOutput = z.infer<typeof RunWorkflowOutput>;

export const PlanTracesInput = z.strictObject({ run_id: RunId });
export type PlanTracesInput = z.infer<typeof PlanTracesInput>;

/**
 * Why there is no answer: the workflow said so itself; its server or the connection did; time ran out; the answer
 * broke off; a step in it cannot be read; the workflow waits for a person's input, or for a person to sign in.
 */
export const WorkflowFailureReason = z.enum([
  'workflow_error',
  'http_error',
  'timeout',
  'cut_stream',
  'unparsable_step',
  'interaction_required',
  'oauth_required',
]);
export type WorkflowFailureReason = z.infer<typeof WorkflowFailureReason>;

/**
 * The first key, `workflow_run`, of every line in a run's own traces. A line with a `failure` has an `id` besides and
 * nothing else: it is a rejected trace item of that reason, and no line of a dataset can pass for one, since a
 * dataset's column of this name is left out.
 */
export const WorkflowRun = z.strictObject({
  row: z.int().min(0),
  rep: z.int().min(0),
  /** Requests that this took. */
  tries: z.int().min(1),
  failure: z.strictObject({ reason: WorkflowFailureReason, detail: z.string() }).optional(),
});
export type WorkflowRun = z.infer<typeof WorkflowRun>;

/** A failed example's whole line. */
export const WorkflowFailureLine = z.strictObject({
  workflow_run: WorkflowRun.required({ failure: true }),
  id: z.string(),
});
export type WorkflowFailureLine = z.infer<typeof WorkflowFailureLine>;

/** Where a workflow's run keeps what is its own. */
export const workflowKeys = (runId: string) => {
  const { root, request } = runKeys(runId);
  const parts = (ordinal: number) => `${root}traces/${digits(ordinal, 6)}-`;
  return {
    request,
    /** Which version of the dataset the rows are of. */
    datasetPin: `${root}dataset-pin.json`,
    /** The dataset's rows in one form, whatever the dataset's. */
    dataset: `${root}dataset.jsonl`,
    batches: `${root}batches.json`,
    traces: `${root}traces/`,
    parts,
    part: (ordinal: number, part: number) => `${parts(ordinal)}${digits(part, 3)}.jsonl`,
  };
};

/** Fixed width, so that a listing is in order. */
const digits = (ordinal: number, width: number) => String(ordinal).padStart(width, '0');

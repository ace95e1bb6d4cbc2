import type { Node } from 'constructs';
import * as z from 'zod';
import { CHOOSE_MEMORY_MB } from '../functions/memory.ts';
import { AllowedEndpoints } from '../lib/contract/allowed-endpoints.ts';
import { SetCeilings } from '../lib/contract/ceilings.ts';
import { parseJson } from '../lib/contract/json-variable.ts';
import { RequestsFromUploads, Uploads } from '../lib/contract/start.ts';
import { TRACES_PREFIX } from './upload-trigger.ts';

/** A value of `cdk.json`; from the command line, its JSON text. */
const fromJson = <Schema extends z.ZodType>(schema: Schema) =>
  z.preprocess((value, context) => (typeof value === 'string' ? parseJson(value, context) : value), schema);

/** As {@link fromJson}, of an object or a plain word. */
const fromJsonObject = <Schema extends z.ZodType>(schema: Schema) =>
  z.preprocess((value, context) => {
    return typeof value === 'string' && value.startsWith('{') ? parseJson(value, context) : value;
  }, schema);

const arn = (service: string) =>
  z.string().regex(new RegExp(`^arn:[\\w-]+:${service}:`), `must be an ARN of ${service}`);

/** What `cdk deploy --context name=value` may say. */
export const PipelineContext = z.strictObject({
  /** An existing bucket that traces are uploaded to, in the stack's region; its events must go to EventBridge. */
  tracesBucketName: z.string().min(3).optional(),
  /** An existing bucket that runs are written to; not the traces bucket. */
  collectionsBucketName: z.string().min(3).optional(),
  /** Uploads whose keys begin so start a run; traces, and datasets of live workflows, are read only there. */
  tracesPrefix: z.string().default(TRACES_PREFIX),
  /** When uploads start runs: `each`, or as JSON `{"marker":"_SUCCESS"}` or `{"quietMinutes":5}`. */
  uploads: fromJsonObject(Uploads).default('each'),
  /**
   * What an uploaded `run.json` may set. `restricted`: builder, dataset and limits, for the traces of its own folder.
   * `all`: a whole request. Then everyone who may upload has the stack's rights: to read any trace and any run, to send a
   * dataset to any of `allowedEndpoints` with its secrets, to start training, and to take any run id that is free.
   */
  requestsFromUploads: RequestsFromUploads.default('restricted'),
  /**
   * KMS key of both buckets, of logs and of queues: its ARN, or `create` for a key of the stack's own. Of a bucket that
   * exists, the key that it has. Otherwise the services' own keys encrypt.
   */
  encryptionKey: z.union([z.literal('create'), arn('kms')]).optional(),
  /** The only places that runs may have something sent to, and the secrets that may go there. */
  allowedEndpoints: fromJson(AllowedEndpoints).default([]),
  /** As it was before each secret belonged to an endpoint. */
  secretArns: z
    .undefined({
      error:
        'secretArns is now part of allowedEndpoints: {"origin":"https://agent.example.com","purpose":"workflow","secretArns":[…]}',
    })
    .optional(),
  /** KMS key of these secrets, where it is not the account's default one. */
  secretsKeyArn: arn('kms').optional(),
  /** What one run may cost at most. */
  ceilings: fromJson(SetCeilings).default({}),
  /** Of each function that a map calls, over all runs: set aside of the account's concurrency, and the most that it takes. */
  reservedConcurrency: z.coerce.number().int().min(1).optional(),
  /** Memory of Choose in MB, 3,008 without it: what a dataset's pairs are chosen in. New accounts stop at 3,008. */
  chooseMemory: z.coerce.number().int().min(CHOOSE_MEMORY_MB.least).max(CHOOSE_MEMORY_MB.most).optional(),
  /** An existing SNS topic that alarms go to; without one they are seen in CloudWatch only. */
  alarmTopicArn: arn('sns').optional(),
});
export type PipelineContext = z.infer<typeof PipelineContext>;

export function contextOf(node: Node): PipelineContext {
  const given = Object.keys(PipelineContext.shape).map((name) => [name, node.tryGetContext(name)]);
  const context = PipelineContext.safeParse(Object.fromEntries(given));
  if (context.success) return context.data;
  throw new Error(`The context (--context, cdk.json) cannot be used:\n${z.prettifyError(context.error)}`);
}

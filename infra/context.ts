import type { Node } from 'constructs';
import * as z from 'zod';
import { CHOOSE_MEMORY_MB } from '../functions/memory.ts';
import { RequestsFromUploads } from '../lib/contract/start.ts';
import { TRACES_PREFIX } from './upload-trigger.ts';

/** A list; from the command line, with commas between. */
const listed = <T extends z.ZodType>(entry: T) =>
  z.preprocess((value) => (typeof value === 'string' ? value.split(',').filter(Boolean) : value), z.array(entry));

const arn = (service: string) =>
  z.string().regex(new RegExp(`^arn:[\\w-]+:${service}:`), `must be an ARN of ${service}`);

/** What `cdk deploy --context name=value` may say. */
export const PipelineContext = z.strictObject({
  /** An existing bucket that traces are uploaded to, in the stack's region; its events must go to EventBridge. */
  tracesBucketName: z.string().min(3).optional(),
  /** An existing bucket that runs are written to; not the traces bucket. */
  collectionsBucketName: z.string().min(3).optional(),
  /** Uploads whose keys begin so start a run, and only there are datasets of live workflows read. */
  tracesPrefix: z.string().default(TRACES_PREFIX),
  /**
   * What an uploaded `run.json` may set. `restricted`: builder, dataset and limits, for the traces of its own folder.
   * `all`: a whole request. Then everyone who may upload has the stack's rights: to read any trace and any run, to send a
   * dataset to any public host, to use every granted secret at every allowed endpoint, to start training, and to take any
   * run id that is free.
   */
  requestsFromUploads: RequestsFromUploads.default('restricted'),
  /**
   * KMS key of both buckets: its ARN, or `create` for a key of the stack's own. Of a bucket that exists, the key that it
   * has. Otherwise S3's own keys encrypt.
   */
  encryptionKey: z.union([z.literal('create'), arn('kms')]).optional(),
  /**
   * Origins that live workflows and trainers may have though they are not https, or not public. Only these are sent a
   * secret.
   */
  allowedEndpoints: listed(z.url({ protocol: /^https?$/ })).default([]),
  /** Whole ARNs, with the six characters at their end, of the Secrets Manager secrets that requests may name. */
  secretArns: listed(arn('secretsmanager')).default([]),
  /** KMS key of these secrets, where it is not the account's default one. */
  secretsKeyArn: arn('kms').optional(),
  /** Shards built at once over all runs: set aside of the account's concurrency for them, and the most they take. */
  reservedConcurrency: z.coerce.number().int().min(1).optional(),
  /** Memory of Choose in MB, 3,008 without it: what a dataset's pairs are chosen in. New accounts stop at 3,008. */
  chooseMemory: z.coerce.number().int().min(CHOOSE_MEMORY_MB.least).max(CHOOSE_MEMORY_MB.most).optional(),
  /** An existing SNS topic that alarms go to; without one they are seen in CloudWatch only. */
  alarmTopicArn: arn('sns').optional(),
});
export type PipelineContext = z.infer<typeof PipelineContext>;

export const contextOf = (node: Node): PipelineContext =>
  PipelineContext.parse(
    Object.fromEntries(Object.keys(PipelineContext.shape).map((name) => [name, node.tryGetContext(name)])),
  );

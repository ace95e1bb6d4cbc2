/** `dpo-trajectories/cdk`: the pipeline as constructs for a stack of your own. */
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import type { Construct } from 'constructs';
import type { RequestsFromUploads } from '../lib/contract/start.ts';
import { DpoPipeline as Pipeline } from './pipeline.ts';
import { TRACES_PREFIX } from './upload-trigger.ts';

export { CollectionsBucket, type PrivateBucketProps, TracesBucket } from './buckets.ts';
export { PipelineMonitoring, type PipelineMonitoringProps } from './monitoring.ts';
export { UploadTrigger, type UploadTriggerProps } from './upload-trigger.ts';

export interface DpoPipelineProps {
  /** Where traces are read. Versioned, so that an overwrite cannot change a run that reads them; see `TracesBucket`. */
  readonly traces: IBucket;
  /** Datasets of live workflows are read from `traces` only where keys begin so; the same as of `UploadTrigger`. `traces/`. */
  readonly tracesPrefix?: string;
  /**
   * What a `run.json` that is uploaded may set. `restricted`, the default: builder, dataset and limits, for the traces of
   * its own folder. `all`: a whole request. Then everyone who may upload has the pipeline's rights: to read any trace and
   * any run, to send a dataset to any public host, to use every granted secret at every allowed endpoint, to start
   * training, and to take any run id that is free.
   */
  readonly requestsFromUploads?: RequestsFromUploads;
  /** Where runs are written, under `runs/`. Not the traces bucket: an output could start a run. See `CollectionsBucket`. */
  readonly collections: IBucket;
  /** Origins (`http://10.0.0.7:8000`) that may be reached though not https, or not public; only they get secrets. None. */
  readonly allowedEndpoints?: readonly string[];
  /** The secrets that requests may name; no other can be read. One with a KMS key of its own says so (`encryptionKey`). None. */
  readonly secrets?: readonly ISecret[];
  /**
   * Shards built at once over all runs: set aside of the account's concurrency for them, and the most they take. Else they
   * share what the account has.
   */
  readonly reservedConcurrency?: number;
  /**
   * Memory of Choose in MB, 3,008 to 10,240: what a dataset's pairs are chosen in, some hundred bytes each. Else 3,008, at
   * which new accounts stop.
   */
  readonly chooseMemory?: number;
}

/**
 * The state machine, its functions and what each of them may do. Start it with a request as its input:
 * `stateMachine.stateMachineArn` says where.
 */
export class DpoPipeline extends Pipeline {
  constructor(scope: Construct, id: string, props: DpoPipelineProps) {
    const { allowedEndpoints = [], secrets = [], tracesPrefix = TRACES_PREFIX, ...rest } = props;
    const { requestsFromUploads = 'restricted' } = props;
    super(scope, id, { ...rest, tracesPrefix, requestsFromUploads, allowedEndpoints, secrets });
  }
}

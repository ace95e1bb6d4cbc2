/** `dpo-trajectories/cdk`: the pipeline as constructs for a stack of your own. */
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import type { SetCeilings } from '../lib/contract/ceilings.ts';
import type { RequestsFromUploads } from '../lib/contract/start.ts';
import type { AllowedEndpoint } from './allowed-endpoint.ts';
import { DpoPipeline as Pipeline } from './pipeline.ts';
import { TRACES_PREFIX } from './upload-trigger.ts';

export type { SetCeilings } from '../lib/contract/ceilings.ts';
export type { AllowedEndpoint, AllowedTrainer, AllowedWorkflow } from './allowed-endpoint.ts';
export { CollectionsBucket, type PrivateBucketProps, TracesBucket } from './buckets.ts';
export { PipelineMonitoring, type PipelineMonitoringProps } from './monitoring.ts';
export { UploadTrigger, type UploadTriggerProps } from './upload-trigger.ts';

export interface DpoPipelineProps {
  /** Where traces are read. Versioned, so that an overwrite cannot change a run that reads them; see `TracesBucket`. */
  readonly traces: IBucket;
  /** Traces and datasets of live workflows are read only where keys begin so; the same as of `UploadTrigger`. `traces/`. */
  readonly tracesPrefix?: string;
  /**
   * What a `run.json` that is uploaded may set. `restricted`, the default: builder, dataset and limits, for the traces of
   * its own folder. `all`: a whole request. Then everyone who may upload has the pipeline's rights: to read any trace and
   * any run, to send a dataset to any of `allowedEndpoints` with its secrets, to start training, and to take any run id
   * that is free.
   */
  readonly requestsFromUploads?: RequestsFromUploads;
  /** Where runs are written, under `runs/`. Not the traces bucket: an output could start a run. See `CollectionsBucket`. */
  readonly collections: IBucket;
  /**
   * The only places that runs may have something sent to, for one purpose each, and the secrets that may go there. None:
   * then no live workflow is asked, and nothing is trained but by an event.
   */
  readonly allowedEndpoints?: readonly AllowedEndpoint[];
  /** What one run may cost at most: a request beyond it is refused by the ceiling's name. README.md has the defaults. */
  readonly ceilings?: SetCeilings;
  /**
   * Of each of the four functions that maps call (GroupCandidates, BuildShard, WriteDatasets, RunWorkflow), over all runs:
   * set aside of the account's concurrency, and the most that it takes. Else they share what the account has.
   */
  readonly reservedConcurrency?: number;
  /**
   * Encrypts logs and queues. The policy of a key that another stack made must let CloudWatch and EventBridge use it:
   * README.md, `encryptionKey`.
   */
  readonly encryptionKey?: IKey;
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
    const { allowedEndpoints = [], tracesPrefix = TRACES_PREFIX, ...rest } = props;
    const { requestsFromUploads = 'restricted' } = props;
    super(scope, id, { ...rest, tracesPrefix, requestsFromUploads, allowedEndpoints });
  }
}

/** `dpo-trajectories/cdk`: the pipeline as constructs for a stack of your own. */
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import { DpoPipeline as Pipeline } from './pipeline.ts';

export { CollectionsBucket, TracesBucket } from './buckets.ts';
export { UploadTrigger, type UploadTriggerProps } from './upload-trigger.ts';

export interface DpoPipelineProps {
  /** Where traces are read. Versioned, so that an overwrite cannot change a run that reads them; see `TracesBucket`. */
  readonly traces: IBucket;
  /** Where runs are written, under `runs/`. Not the traces bucket: an output could start a run. See `CollectionsBucket`. */
  readonly collections: IBucket;
  /** Origins (`http://10.0.0.7:8000`) that the functions may reach though they are not https, or not public. None. */
  readonly allowedEndpoints?: readonly string[];
  /** ARNs of the secrets that requests may name; no other can be read. None. */
  readonly secretArns?: readonly string[];
}

/**
 * The state machine, its functions and what each of them may do. Start it with a request as its input:
 * `stateMachine.stateMachineArn` says where.
 */
export class DpoPipeline extends Pipeline {
  constructor(scope: Construct, id: string, props: DpoPipelineProps) {
    const { allowedEndpoints = [], secretArns = [], ...buckets } = props;
    super(scope, id, { ...buckets, allowedEndpoints, secretArns });
  }
}

/** `dpo-trajectories/cdk`: the pipeline as constructs for a stack of your own. */
export type { SetCeilings } from '../lib/contract/ceilings.ts';
export type { Uploads } from '../lib/contract/start.ts';
export type { AllowedEndpoint, AllowedTrainer, AllowedWorkflow } from './allowed-endpoint.ts';
export { CollectionsBucket, type PrivateBucketProps, TracesBucket } from './buckets.ts';
export { PipelineMonitoring, type PipelineMonitoringProps } from './monitoring.ts';
export type { NetworkProps } from './network.ts';
export { DpoPipeline, type DpoPipelineProps } from './pipeline.ts';
export type { PipelineOutputs } from './pipeline-outputs.ts';
export { UploadTrigger, type UploadTriggerProps } from './upload-trigger.ts';

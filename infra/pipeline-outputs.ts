import { CfnOutput } from 'aws-cdk-lib';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import type { IStateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import type { Construct } from 'constructs';
import { OUTPUTS, type OutputName } from '../lib/contract/pipeline-outputs.ts';

/** What the command line reads of the stack to find the pipeline. */
export type PipelineOutputs = Readonly<Record<OutputName, CfnOutput>>;

export interface Outputs {
  readonly traces: IBucket;
  readonly tracesPrefix: string;
  readonly collections: IBucket;
  readonly stateMachine: IStateMachine;
}

export function pipelineOutputs(pipeline: Construct, props: Outputs): PipelineOutputs {
  const { traces, tracesPrefix, collections, stateMachine } = props;
  const output = (name: OutputName, value: string) =>
    new CfnOutput(pipeline, name, { value, description: OUTPUTS[name] });
  return {
    TracesBucket: output('TracesBucket', traces.bucketName),
    CollectionsBucket: output('CollectionsBucket', collections.bucketName),
    StateMachineArn: output('StateMachineArn', stateMachine.stateMachineArn),
    UploadPrefix: output('UploadPrefix', `s3://${traces.bucketName}/${tracesPrefix}`),
  };
}

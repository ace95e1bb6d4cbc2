// The pipeline in a stack of your own: npx cdk deploy --app 'node app.js'
import { App, CfnOutput, Stack } from 'aws-cdk-lib';
import { CollectionsBucket, DpoPipeline, TracesBucket } from 'dpo-trajectories/cdk';

const stack = new Stack(new App(), 'MyResearch');
const pipeline = new DpoPipeline(stack, 'Preferences', {
  traces: new TracesBucket(stack, 'Traces'),
  collections: new CollectionsBucket(stack, 'Collections'),
});
new CfnOutput(stack, 'StateMachineArn', { value: pipeline.stateMachine.stateMachineArn });

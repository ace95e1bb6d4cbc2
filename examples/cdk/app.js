// The pipeline in a stack of your own: npx cdk deploy --app 'node app.js', then dpo start --stack MyResearch
import { App, Stack } from 'aws-cdk-lib';
import { CollectionsBucket, DpoPipeline, TracesBucket } from 'dpo-trajectories/cdk';

const stack = new Stack(new App(), 'MyResearch');
new DpoPipeline(stack, 'Preferences', {
  traces: new TracesBucket(stack, 'Traces'),
  collections: new CollectionsBucket(stack, 'Collections'),
});

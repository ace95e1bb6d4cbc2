import { App } from 'aws-cdk-lib';
import { PipelineStack } from './stack.ts';

new PipelineStack(new App(), 'DpoTrajectories');

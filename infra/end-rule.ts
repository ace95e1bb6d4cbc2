import { Rule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { TRIES } from './dead-letters.ts';
import type { DpoPipeline } from './pipeline.ts';

/**
 * Has it recorded how an execution ended that came to no state for it: one that was stopped, that outlasted its time, or
 * that failed in a way which no Catch sees (`States.Runtime`, `States.DataLimitExceeded`, too long a history).
 */
export function recordEnds(pipeline: DpoPipeline, recordFailure: IFunction): void {
  new Rule(pipeline, 'EndRule', {
    description: 'An execution was stopped, timed out or failed: record it in its run.',
    eventPattern: {
      source: ['aws.states'],
      detailType: ['Step Functions Execution Status Change'],
      detail: {
        // The maps' children have another: this one's, a slash and the map's Label.
        stateMachineArn: [pipeline.stateMachine.stateMachineArn],
        status: ['FAILED', 'TIMED_OUT', 'ABORTED'],
      },
    },
    targets: [new LambdaFunction(recordFailure, { deadLetterQueue: pipeline.unrecordedEnds, ...TRIES })],
  });
}

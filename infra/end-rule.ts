import { Rule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import type { IStateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import type { Construct } from 'constructs';
import { TRIES } from './dead-letters.ts';

export interface EndRuleProps {
  readonly stateMachine: IStateMachine;
  /** Gets the event, whole. */
  readonly recordFailure: IFunction;
  /** Events that it could not be given. */
  readonly deadLetters: IQueue;
}

/**
 * Has it recorded how an execution ended that came to no state for it: one that was stopped, that outlasted its time, or
 * that failed in a way which no Catch sees (`States.Runtime`, `States.DataLimitExceeded`, too long a history).
 */
export class EndRule extends Rule {
  constructor(scope: Construct, id: string, { stateMachine, recordFailure, deadLetters }: EndRuleProps) {
    super(scope, id, {
      description: 'An execution was stopped, timed out or failed: record it in its run.',
      eventPattern: {
        source: ['aws.states'],
        detailType: ['Step Functions Execution Status Change'],
        detail: {
          // The maps' children have another: this one's, a slash and the map's Label.
          stateMachineArn: [stateMachine.stateMachineArn],
          status: ['FAILED', 'TIMED_OUT', 'ABORTED'],
        },
      },
      targets: [new LambdaFunction(recordFailure, { deadLetterQueue: deadLetters, ...TRIES })],
    });
  }
}

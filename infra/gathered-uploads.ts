import { Duration } from 'aws-cdk-lib';
import { SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import { type IQueue, Queue } from 'aws-cdk-lib/aws-sqs';
import type { IStateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { GATHER_MEMORY_MB } from '../functions/memory.ts';
import { acknowledge } from './acknowledge.ts';
import { acknowledgeNist } from './acknowledge-nist.ts';
import { encryptedQueue } from './dead-letters.ts';
import { GATHER_BATCH } from './gather-batch.ts';
import { grant, list } from './grants.ts';
import type { LogSettings } from './log-settings.ts';
import { type NetworkProps, networkOf } from './network.ts';
import { StepFunction } from './step-function.ts';
import { STEP_TIMEOUT } from './step-settings.ts';

export interface GatheredUploadsProps extends LogSettings, NetworkProps {
  readonly traces: IBucket;
  readonly tracesPrefix: string;
  readonly stateMachine: IStateMachine;
  readonly quietMinutes: number;
  /** Uploads whose folder could not be looked at. */
  readonly deadLetters: IQueue;
  readonly service?: string | undefined;
}

const COLLECTED_FOR = Duration.seconds(GATHER_BATCH.seconds);

/** Uploads wait in a queue for so long as a folder has to be quiet; then a function looks whether it is. */
export class GatheredUploads extends Construct {
  /** Of S3's events, whole. */
  readonly queue: Queue;

  constructor(scope: Construct, id: string, props: GatheredUploadsProps) {
    super(scope, id);
    const { traces, tracesPrefix, stateMachine, quietMinutes, deadLetters, encryptionKey, service } = props;
    acknowledgeNist(this, { encrypted: encryptionKey !== undefined });
    this.queue = new Queue(this, 'Queue', {
      ...encryptedQueue(encryptionKey),
      deliveryDelay: Duration.minutes(quietMinutes),
      // The function's time, and that in which its messages are collected: a call that failed is made again after both.
      visibilityTimeout: STEP_TIMEOUT.plus(COLLECTED_FOR),
      deadLetterQueue: { queue: deadLetters, maxReceiveCount: 5 },
    });
    const gather = new StepFunction(this, 'GatherUploads', {
      memoryMb: GATHER_MEMORY_MB,
      environment: { STATE_MACHINE_ARN: stateMachine.stateMachineArn },
      logs: props,
      network: networkOf(this, props),
      service,
    });
    acknowledge(
      gather,
      'Serverless-LambdaEventSourceMappingDestination',
      'A queue has no such destination: a message that fails five times goes to the dead-letter queue of the queue.',
    );
    list(gather, traces, `${tracesPrefix}*`);
    grant(gather, ['states:StartExecution'], [stateMachine.stateMachineArn]);
    gather.addEventSource(
      new SqsEventSource(this.queue, {
        // A folder is listed once a call, so events that come together are cheaper; so many folders take a call minutes.
        batchSize: GATHER_BATCH.events,
        maxBatchingWindow: COLLECTED_FOR,
        reportBatchItemFailures: true,
        // The least that there is.
        maxConcurrency: 2,
      }),
    );
  }
}

import { Match, Rule } from 'aws-cdk-lib/aws-events';
import { SfnStateMachine } from 'aws-cdk-lib/aws-events-targets';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import type { IStateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { DeadLetters, TRIES } from './dead-letters.ts';

/** Where traces are uploaded, unless the stack says otherwise. */
export const TRACES_PREFIX = 'traces/';

/** What a trace file's name ends in; that of settings, `run.json`, too. */
const SUFFIXES = ['.json', '.jsonl', '.ndjson', '.gz', '.zst', '.csv', '.tsv', '.parquet', '.eval', '.zip'];

export interface UploadTriggerProps {
  /** Its events go to EventBridge. */
  readonly traces: IBucket;
  /** Uploads whose keys begin so count. */
  readonly tracesPrefix: string;
  /** Gets the event, whole, as its input. */
  readonly stateMachine: IStateMachine;
  /** Encrypts the queue of uploads that started no run; its policy must let EventBridge use it. */
  readonly encryptionKey?: IKey | undefined;
}

/** Starts an execution when a trace file is uploaded, or a `run.json` with settings for the traces of its folder. */
export class UploadTrigger extends Construct {
  /** Events for which no execution could be started. */
  readonly deadLetters: Queue;

  constructor(scope: Construct, id: string, props: UploadTriggerProps) {
    super(scope, id);
    this.deadLetters = new DeadLetters(this, 'DeadLetters', props);
    new Rule(this, 'Rule', {
      description: 'A trace file, or a run.json, was uploaded: start a run.',
      eventPattern: {
        source: ['aws.s3'],
        detailType: ['Object Created'],
        detail: {
          bucket: { name: [props.traces.bucketName] },
          object: { key: SUFFIXES.flatMap((suffix) => Match.wildcard(`${literal(props.tracesPrefix)}*${suffix}`)) },
        },
      },
      // The event as it is: an input transformer would leave no trace of a version that is absent, and bad JSON of it.
      targets: [new SfnStateMachine(props.stateMachine, { deadLetterQueue: this.deadLetters, ...TRIES })],
    });
  }
}

/** Text that stands for itself in a wildcard pattern; DpoPipeline refuses a prefix with a star. */
const literal = (text: string): string => text.replaceAll(/[\\*]/g, (special) => `\\${special}`);

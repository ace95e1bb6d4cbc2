import { Token } from 'aws-cdk-lib';
import { Match, Rule } from 'aws-cdk-lib/aws-events';
import { SfnStateMachine, SqsQueue } from 'aws-cdk-lib/aws-events-targets';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import type { IStateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import * as z from 'zod';
import { UPLOAD_SUFFIXES, Uploads } from '../lib/contract/start.ts';
import { DeadLetters, TRIES } from './dead-letters.ts';
import { GatheredUploads } from './gathered-uploads.ts';
import type { LogSettings } from './log-settings.ts';
import type { NetworkProps } from './network.ts';

/** Where traces are uploaded, unless the stack says otherwise. */
export const TRACES_PREFIX = 'traces/';

export interface UploadTriggerProps extends LogSettings, NetworkProps {
  /** Its events go to EventBridge. */
  readonly traces: IBucket;
  /** Uploads whose keys begin so count. */
  readonly tracesPrefix: string;
  /** Gets the event, whole, as its input; of gathered uploads, their folder. */
  readonly stateMachine: IStateMachine;
  /**
   * `each`, the default: every trace file starts a run at once. `{ marker: '_SUCCESS' }`: only a file of that name does,
   * over all traces of its folder. `{ quietMinutes: 5 }`: a folder to which nothing was uploaded for so long, 1 to 15
   * minutes, starts one run over its files.
   */
  readonly uploads?: Uploads | undefined;
  /** Encrypts the queues, and the log; its policy must let EventBridge use it. */
  readonly encryptionKey?: LogSettings['encryptionKey'];
  /** The dimension `service` of what it measures itself: `DpoPipeline.service`. Else a name of its own. */
  readonly service?: string | undefined;
}

/** Starts an execution when a trace file is uploaded, or a `run.json` with settings for the traces of its folder. */
export class UploadTrigger extends Construct {
  /** Events for which no execution could be started. */
  readonly deadLetters: Queue;

  constructor(scope: Construct, id: string, props: UploadTriggerProps) {
    super(scope, id);
    const { traces, tracesPrefix, stateMachine } = props;
    const { description, keys, quietMinutes } = ruleFor(checked(props), tracesPrefix);
    this.deadLetters = new DeadLetters(this, 'DeadLetters', props);
    const undelivered = { deadLetterQueue: this.deadLetters, ...TRIES };
    const target =
      quietMinutes === undefined
        ? // The event as it is: an input transformer would leave no trace of a version that is absent, and bad JSON of it.
          new SfnStateMachine(stateMachine, undelivered)
        : new SqsQueue(
            new GatheredUploads(this, 'Gathered', { ...props, quietMinutes, deadLetters: this.deadLetters }).queue,
            undelivered,
          );
    new Rule(this, 'Rule', {
      description,
      eventPattern: {
        source: ['aws.s3'],
        detailType: ['Object Created'],
        detail: { bucket: { name: [traces.bucketName] }, object: { key: keys } },
      },
      targets: [target],
    });
  }
}

interface UploadRule {
  readonly description: string;
  /** Patterns of the keys whose uploads count. */
  readonly keys: string[];
  /** How long a folder has to be quiet; undefined where an upload starts a run at once. */
  readonly quietMinutes?: number;
}

function ruleFor(uploads: Uploads, tracesPrefix: string): UploadRule {
  const prefix = literal(tracesPrefix);
  const keys = UPLOAD_SUFFIXES.flatMap((suffix) => Match.wildcard(`${prefix}*${suffix}`));
  if (uploads === 'each') return { description: 'A trace file, or a run.json, was uploaded: start a run.', keys };
  if ('quietMinutes' in uploads) {
    const description = 'A trace file, or a run.json, was uploaded: check whether its folder is quiet.';
    return { description, keys, ...uploads };
  }
  const { marker } = uploads;
  return {
    description: 'A marker file was uploaded, so its folder is complete: start a run.',
    keys: [`${tracesPrefix}${marker}`, ...Match.wildcard(`${prefix}*/${marker}`)],
  };
}

/** Throws where the options cannot be used: callers of JavaScript have no types. */
function checked({ uploads = 'each', tracesPrefix }: UploadTriggerProps): Uploads {
  const { data, error } = Uploads.safeParse(uploads);
  if (error) throw new Error(`uploads cannot be used:\n${z.prettifyError(error)}`);
  const isFolder = Token.isUnresolved(tracesPrefix) || /(?:^|\/)$/.test(tracesPrefix);
  if (data === 'each' || isFolder) return data;
  throw new Error(
    `tracesPrefix is "${tracesPrefix}", and uploads are gathered by folder: end it in "/", or set uploads to each.`,
  );
}

/** Text that stands for itself in a wildcard pattern; DpoPipeline refuses a prefix with a star. */
const literal = (text: string): string => text.replaceAll(/[\\*]/g, (special) => `\\${special}`);

import { Duration } from 'aws-cdk-lib';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Queue, QueueEncryption, type QueueProps } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import { acknowledge } from './acknowledge.ts';

export interface DeadLettersProps {
  /** Encrypts them; SQS's own keys do otherwise. */
  readonly encryptionKey?: IKey | undefined;
}

/** Events that could not be dealt with, for two weeks. */
export class DeadLetters extends Queue {
  constructor(scope: Construct, id: string, { encryptionKey }: DeadLettersProps = {}) {
    super(scope, id, encryptedQueue(encryptionKey));
    for (const rule of ['AwsSolutions-SQS3', 'Serverless-SQSRedrivePolicy']) acknowledge(this, rule, IS_ONE);
  }
}

/** Its messages are kept for two weeks, the longest that there is. */
export const encryptedQueue = (encryptionKey: IKey | undefined) =>
  ({
    ...(encryptionKey
      ? { encryption: QueueEncryption.KMS, encryptionMasterKey: encryptionKey }
      : { encryption: QueueEncryption.SQS_MANAGED }),
    enforceSSL: true,
    retentionPeriod: Duration.days(14),
  }) as const satisfies QueueProps;

/** As long and as often as EventBridge ever tries. */
export const TRIES = { maxEventAge: Duration.hours(24), retryAttempts: 185 } as const;

const IS_ONE =
  "This is the dead-letter queue of a rule's target, or of the function that it calls: people read it when its alarm asks them to.";

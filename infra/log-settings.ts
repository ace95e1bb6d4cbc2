import { RemovalPolicy } from 'aws-cdk-lib';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { type LogGroupProps, RetentionDays } from 'aws-cdk-lib/aws-logs';

export interface LogSettings {
  /** Encrypts the logs; CloudWatch's own key does otherwise. */
  readonly encryptionKey?: IKey | undefined;
  /** How long the logs are kept. Three months. */
  readonly logRetention?: RetentionDays | undefined;
  /** What happens to the logs when the stack goes. They stay. */
  readonly logRemovalPolicy?: RemovalPolicy | undefined;
}

export const keepLog = ({ encryptionKey, logRetention, logRemovalPolicy }: LogSettings) =>
  ({
    retention: logRetention ?? RetentionDays.THREE_MONTHS,
    // Who did what is asked after a stack is gone, too; the retention removes it.
    removalPolicy: logRemovalPolicy ?? RemovalPolicy.RETAIN,
    ...(encryptionKey ? { encryptionKey } : {}),
  }) as const satisfies LogGroupProps;

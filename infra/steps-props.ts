import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import type { Ceilings } from '../lib/contract/ceilings.ts';
import type { AllowedEndpoint } from './allowed-endpoint.ts';

/** What all of the pipeline's functions are made with. */
export interface StepsProps {
  readonly collections: IBucket;
  /** The only places that runs may have something sent to. */
  readonly endpoints: readonly AllowedEndpoint[];
  /** What one run may cost at most. */
  readonly ceilings: Ceilings;
  /** Of each function that a map calls: set aside of the account's concurrency, and the most that it takes. */
  readonly reservedConcurrency?: number | undefined;
  /** Encrypts logs, and queues of what could not be dealt with. */
  readonly encryptionKey?: IKey | undefined;
}

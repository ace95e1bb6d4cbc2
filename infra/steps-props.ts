import type { IBucket } from 'aws-cdk-lib/aws-s3';
import type { Ceilings } from '../lib/contract/ceilings.ts';
import type { AllowedEndpoint } from './allowed-endpoint.ts';
import type { LogSettings } from './log-settings.ts';
import type { Network } from './network.ts';

/** What all of the pipeline's functions are made with. */
export interface StepsProps {
  readonly collections: IBucket;
  /** The only places that runs may have something sent to. */
  readonly endpoints: readonly AllowedEndpoint[];
  /** What one run may cost at most. */
  readonly ceilings: Ceilings;
  /** Of each function that a map calls: set aside of the account's concurrency, and the most that it takes. */
  readonly reservedConcurrency?: number | undefined;
  readonly logs: LogSettings;
  /** The VPC that they run in; none. */
  readonly network: Network | undefined;
}

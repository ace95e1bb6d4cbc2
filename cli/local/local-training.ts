import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { type HereOptions, wayOutOfHere } from '../../adapters/http/way-out.ts';
import { trainers } from '../../adapters/trainers/trainers.ts';
import type { Deps } from '../../lib/stages/deps.ts';
import type { TrainingDeps } from '../../lib/stages/training/committed-run.ts';
import type { OutLocation } from '../locations.ts';
import { type SecretHosts, withSecretsOnlyTo } from './secret-hosts.ts';

export interface LocalTraining extends HereOptions {
  readonly deps: Pick<Deps, 'collections' | 'now'>;
  /** Where the run is written, for a trainer that reads it there. */
  readonly out: OutLocation;
  readonly hosts: SecretHosts;
}

/** The training steps' dependencies on this machine. */
export function localTraining({ deps: { collections, now }, out, hosts, ...here }: LocalTraining): TrainingDeps {
  const events = () => new EventBridgeClient({});
  const way = withSecretsOnlyTo(hosts, wayOutOfHere(here));
  return { collections, now, trainer: trainers({ collections, location: out, ...way, events }) };
}

import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { type HereOptions, wayOutOfHere } from '../../functions/http/way-out.ts';
import { trainers } from '../../functions/training/trainers.ts';
import type { Deps } from '../../lib/deps.ts';
import type { TrainingDeps } from '../../lib/training/committed-run.ts';
import type { OutLocation } from '../locations.ts';

export interface LocalTraining extends HereOptions {
  readonly deps: Pick<Deps, 'collections' | 'now'>;
  /** Where the run is written, for a trainer that reads it there. */
  readonly out: OutLocation;
}

/** The training steps' dependencies on this machine. */
export function localTraining({ deps: { collections, now }, out, ...here }: LocalTraining): TrainingDeps {
  const events = () => new EventBridgeClient({});
  return { collections, now, trainer: trainers({ collections, location: out, ...wayOutOfHere(here), events }) };
}

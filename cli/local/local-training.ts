import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { createHttpClient } from '../../functions/http/client.ts';
import { guardedAgent } from '../../functions/http/guard.ts';
import { environmentSecrets, secretsManager } from '../../functions/secrets.ts';
import { guardedFetch } from '../../functions/training/guarded-fetch.ts';
import { trainers } from '../../functions/training/trainers.ts';
import type { Deps } from '../../lib/deps.ts';
import type { TrainingDeps } from '../../lib/training/committed-run.ts';
import type { OutLocation } from '../locations.ts';

export interface LocalTraining {
  readonly deps: Pick<Deps, 'collections' | 'now'>;
  /** Where the run is written, for a trainer that reads it there. */
  readonly out: OutLocation;
  /** Where `env:NAME` secrets are found. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Trainers at addresses that are not public, and without TLS, may be reached. */
  readonly allowPrivate: boolean;
}

/** The training steps' dependencies on this machine. */
export function localTraining({ deps, out, environment, allowPrivate }: LocalTraining): TrainingDeps {
  const policy = { allowedOrigins: [], allowPrivate };
  const agent = guardedAgent(policy);
  const trainer = trainers({
    collections: deps.collections,
    location: out,
    http: createHttpClient({ policy, agent }),
    fetch: guardedFetch(agent),
    // The client is made only for a secret that is not this machine's.
    secret: environmentSecrets(environment, (name) => secretsManager()(name)),
    events: () => new EventBridgeClient({}),
  });
  return { collections: deps.collections, now: deps.now, trainer };
}

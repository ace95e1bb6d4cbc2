import type { AllowedEndpoints, EndpointPurpose } from '../../lib/contract/allowed-endpoints.ts';
import type { HttpClient } from '../../lib/stages/http.ts';
import { createHttpClient } from './client.ts';
import { type CredentialsFor, credentialsFrom, secretsAsListed } from './endpoint-credentials.ts';
import { type EndpointPolicy, guardedAgent } from './guard.ts';
import { guardedFetch } from './guarded-fetch.ts';
import { environmentSecrets, secretsManager } from './secrets.ts';

/** How a run reaches what its request names, live workflows and trainers alike: one policy for all of it. */
export interface WayOut {
  readonly http: HttpClient;
  /** For libraries that bring their own requests. */
  readonly fetch: typeof fetch;
  readonly credentials: CredentialsFor;
}

/** From a Lambda function: to the endpoints that the stack lists for this purpose, each with its own secrets. */
export function wayOutOfAws(allowed: AllowedEndpoints, purpose: EndpointPurpose): WayOut {
  const origins = allowed.filter((one) => one.purpose === purpose).map(({ origin }) => origin);
  return {
    ...clients({ reach: 'listed', origins }),
    credentials: secretsAsListed(allowed, purpose, credentialsFrom(secretsManager())),
  };
}

export interface HereOptions {
  /** Where `env:NAME` secrets are found. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Endpoints at addresses that are not public, and without TLS, may be reached. */
  readonly allowPrivate: boolean;
}

/** From this machine: whoever runs here names both the secret and the endpoint, so each goes where it is told. */
export const wayOutOfHere = ({ environment, allowPrivate }: HereOptions): WayOut => ({
  ...clients({ reach: allowPrivate ? 'any' : 'public' }),
  // The client is made only for a secret that is not this machine's.
  credentials: credentialsFrom(environmentSecrets(environment, (name) => secretsManager()(name))),
});

function clients(policy: EndpointPolicy): Pick<WayOut, 'http' | 'fetch'> {
  const agent = guardedAgent(policy);
  return { http: createHttpClient({ policy, agent }), fetch: guardedFetch(agent) };
}

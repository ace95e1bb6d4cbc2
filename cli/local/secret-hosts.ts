import type { SecretUse } from '../../adapters/http/endpoint-credentials.ts';
import type { WayOut } from '../../adapters/http/way-out.ts';
import { InvalidRequest } from '../../lib/errors.ts';
import { EndpointRefused } from '../../lib/stages/http.ts';
import { reachedEndpoints } from '../../lib/stages/reached-endpoints.ts';
import type { UnnamedRequest } from '../request-from-args.ts';

/** Where secrets of this machine may go. A request file names both a secret and a host, and may be another's. */
export interface SecretHosts {
  /** Origins that the command line allows. */
  readonly allowed: ReadonlySet<string>;
  /** Secrets that the settings hold in plain text: their author has them already. */
  readonly given: ReadonlySet<string>;
}

/** `--allow-secrets-to` as an origin. Throws {@link InvalidRequest}. */
export function originFromFlag(url: string): string {
  if (/^https?:\/\//i.test(url) && URL.canParse(url)) return new URL(url).origin;
  throw new InvalidRequest(`--allow-secrets-to ${url} is not a host. Write it as https://nemo.example.com.`);
}

/** Before anything is read or built: a run must not come to its training to be refused. Throws {@link EndpointRefused}. */
export function refuseSecretsElsewhere(request: UnnamedRequest, hosts: SecretHosts): void {
  for (const { secret, secretSetting: setting, url: endpoint } of reachedEndpoints(request)) {
    requireAllowed({ secret, setting, endpoint }, hosts);
  }
}

/** The same way out, but a secret goes nowhere else than to the hosts that are allowed. */
export const withSecretsOnlyTo = (hosts: SecretHosts, { credentials, ...way }: WayOut): WayOut => ({
  ...way,
  credentials: async (use) => {
    requireAllowed(use, hosts);
    return credentials(use);
  },
});

function requireAllowed({ secret, setting, endpoint }: SecretUse, { allowed, given }: SecretHosts): void {
  if (secret === null || given.has(secret)) return;
  const { origin } = new URL(endpoint);
  if (allowed.has(origin)) return;
  throw new EndpointRefused(
    `${origin} may not receive the secret ${secret}, which ${setting} names. If you trust this host, add --allow-secrets-to ${origin}`,
  );
}

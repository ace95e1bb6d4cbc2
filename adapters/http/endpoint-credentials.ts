import type { AllowedEndpoints, EndpointPurpose } from '../../lib/contract/allowed-endpoints.ts';
import { requireListed } from '../../lib/stages/refuse-unlisted.ts';
import { credentialHeaders, redactor } from './credentials.ts';
import type { ReadSecret } from './secrets.ts';

/** A request's setting that names a secret, and the endpoint that the secret is for. */
export interface SecretUse {
  /** Null where no secret is named: nothing is sent, anywhere. */
  readonly secret: string | null;
  /** The setting, for messages: `source.workflow.auth_secret_arn`. */
  readonly setting: string;
  readonly endpoint: string;
}

export interface Credentials {
  /** The setting that names their secret. */
  readonly setting: string;
  /** To be sent to the endpoint's own origin and to no other. */
  readonly headers: Readonly<Record<string, string>>;
  /** Blots the credentials out of what an endpoint says. */
  readonly redact: (text: string) => string;
}

/** Nobody reads a secret without saying where it is to go. Live workflows and trainers get theirs this way alone. */
export type CredentialsFor = (use: SecretUse) => Promise<Credentials>;

/** The credentials that secrets stand for, read at each call. */
export const credentialsFrom =
  (readSecret: ReadSecret): CredentialsFor =>
  async ({ secret, setting }) => {
    const headers = secret === null ? {} : credentialHeaders(await readSecret(secret), secret);
    return { setting, headers, redact: redactor(Object.values(headers)) };
  };

/** The same, but a secret only for the endpoint that the stack binds it to. Throws EndpointRefused before it is read. */
export const secretsAsListed =
  (allowed: AllowedEndpoints, purpose: EndpointPurpose, credentials: CredentialsFor): CredentialsFor =>
  async (use) => {
    const { secret, setting, endpoint } = use;
    requireListed({ purpose, setting: 'the endpoint', url: endpoint, secret, secretSetting: setting }, allowed);
    return credentials(use);
  };

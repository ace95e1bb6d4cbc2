import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SecretUnavailable } from '../../lib/stages/http.ts';

/** Reads a secret by its name. Throws SecretUnavailable, which shows the name and never the secret. */
export type ReadSecret = (name: string) => Promise<string>;

/** Secrets by ARN, from Secrets Manager. */
export const secretsManager =
  (client: SecretsManagerClient = new SecretsManagerClient({})): ReadSecret =>
  async (name) => {
    if (!name.startsWith('arn:')) {
      throw new SecretUnavailable(
        `the secret ${name} is for this machine only; on AWS, name a Secrets Manager secret by its ARN`,
      );
    }
    const secret = await client.send(new GetSecretValueCommand({ SecretId: name })).catch((error: unknown) => {
      const why = error instanceof Error ? error.name : 'unknown';
      throw new SecretUnavailable(
        `the secret ${name} cannot be read (${why}); grant the function secretsmanager:GetSecretValue on it`,
        { cause: error },
      );
    });
    if (secret.SecretString === undefined)
      throw new SecretUnavailable(`the secret ${name} is binary; store it as text`);
    return secret.SecretString;
  };

/** `env:NAME` from environment variables, for runs on this machine; every other name from `otherwise`. */
export const environmentSecrets =
  (environment: Readonly<Record<string, string | undefined>>, otherwise: ReadSecret): ReadSecret =>
  async (name) => {
    if (!name.startsWith('env:')) return otherwise(name);
    const value = environment[name.slice('env:'.length)];
    if (value === undefined || value === '')
      throw new SecretUnavailable(`the environment variable of ${name} is not set`);
    return value;
  };

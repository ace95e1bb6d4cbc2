import { createHttpClient } from '../../functions/http/client.ts';
import { workflowConnector } from '../../functions/http/workflow-client.ts';
import { environmentSecrets, secretsManager } from '../../functions/secrets.ts';
import type { ConnectWorkflow } from '../../lib/workflow/client.ts';

/**
 * The way from this machine to live workflows. `environment` is where `env:NAME` secrets are found; with `allowPrivate`,
 * workflows at addresses that are not public, and without TLS, may be reached.
 */
export function localWorkflow(
  environment: Readonly<Record<string, string | undefined>>,
  allowPrivate: boolean,
): ConnectWorkflow {
  const http = createHttpClient({ policy: { allowedOrigins: [], allowPrivate } });
  // The client is made only for a secret that is not this machine's.
  return workflowConnector(
    http,
    environmentSecrets(environment, (name) => secretsManager()(name)),
  );
}

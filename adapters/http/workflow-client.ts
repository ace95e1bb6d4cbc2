import { withoutEndSlashes } from '../../lib/contract/end-slashes.ts';
import type { WorkflowSource } from '../../lib/contract/workflow.ts';
import type { HttpClient } from '../../lib/stages/http.ts';
import { type ConnectWorkflow, MAX_ANSWER_BYTES, type WorkflowClient } from '../../lib/stages/workflow/client.ts';
import type { Credentials } from './endpoint-credentials.ts';
import type { WayOut } from './way-out.ts';

/** Connects to live workflows; the secret that a source names is read once a batch. */
export const workflowConnector =
  ({ http, credentials }: Pick<WayOut, 'http' | 'credentials'>): ConnectWorkflow =>
  async (source) => {
    const { auth_secret_arn: secret, endpoint } = source;
    const setting = 'source.workflow.auth_secret_arn';
    return workflowClient(http, source, await credentials({ secret, setting, endpoint }));
  };

function workflowClient(
  http: HttpClient,
  source: WorkflowSource,
  { headers: credentials, redact }: Credentials,
): WorkflowClient {
  const base = withoutEndSlashes(source.endpoint);
  const timeoutMs = source.timeout_seconds * 1000;
  return {
    post: (route, body) =>
      http.send({
        method: 'POST',
        url: `${base}${route}`,
        headers: { 'content-type': 'application/json', accept: 'text/event-stream' },
        credentials,
        body,
        timeoutMs,
        // An agent may think in silence as long as it may take at all.
        inactivityMs: timeoutMs,
        maxBytes: MAX_ANSWER_BYTES,
      }),
    redact,
  };
}

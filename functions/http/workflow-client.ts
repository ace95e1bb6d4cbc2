import type { WorkflowSource } from '../../lib/contract/workflow.ts';
import { EndpointRefused, type HttpClient } from '../../lib/http.ts';
import { type ConnectWorkflow, MAX_ANSWER_BYTES, type WorkflowClient } from '../../lib/workflow/client.ts';
import type { ReadSecret } from '../secrets.ts';
import { credentialHeaders, redactor } from './credentials.ts';
import { originOf } from './guard.ts';

/** Connects to live workflows through `http`; the secret that a source names is read once a batch. */
export const workflowConnector =
  (http: HttpClient, readSecret: ReadSecret): ConnectWorkflow =>
  async (source) => {
    const secret = source.auth_secret_arn;
    const credentials = secret === null ? {} : credentialHeaders(await readSecret(secret), secret);
    return workflowClient(http, source, credentials);
  };

/**
 * Connects as `connect` does, but a source that names a secret only to one of `origins`: whoever may start a run could
 * otherwise have any secret that is granted sent to an endpoint of his own. Throws {@link EndpointRefused}.
 */
export const secretsOnlyTo = (origins: readonly string[], connect: ConnectWorkflow): ConnectWorkflow => {
  const trusted = new Set(origins.map(originOf));
  return async (source) => {
    const origin = originOf(source.endpoint);
    if (source.auth_secret_arn === null || trusted.has(origin)) return connect(source);
    throw new EndpointRefused(
      `${origin} gets no secret: auth_secret_arn goes only to endpoints that the stack names. Put this origin in the stack's allowedEndpoints, or leave auth_secret_arn out`,
    );
  };
};

function workflowClient(
  http: HttpClient,
  source: WorkflowSource,
  credentials: Readonly<Record<string, string>>,
): WorkflowClient {
  const base = source.endpoint.replace(/\/+$/, '');
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
    redact: redactor(Object.values(credentials)),
  };
}

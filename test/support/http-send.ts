import { onTestFinished } from 'vitest';
import { createHttpClient, type Timer } from '../../adapters/http/client.ts';
import type { EndpointPolicy } from '../../adapters/http/guard.ts';
import type { HttpRequest } from '../../lib/stages/http.ts';
import { type Reply, startWorkflowServer } from './workflow-server.ts';

export type Server = Awaited<ReturnType<typeof startWorkflowServer>>;

/** A server for the length of one test. */
export async function serve(reply: Reply): Promise<Server> {
  const server = await startWorkflowServer(reply);
  onTestFinished(async () => void (await server.close()));
  return server;
}

/** Public endpoints alone. */
export const NONE: EndpointPolicy = { reach: 'public' };
export const only = (server: Server): EndpointPolicy => ({ reach: 'listed', origins: [server.origin] });

export const request = (url: string, more: Partial<HttpRequest> = {}): HttpRequest => ({
  method: 'POST',
  url,
  body: '{}',
  timeoutMs: 10_000,
  inactivityMs: 10_000,
  maxBytes: 10_000_000,
  ...more,
});

/** Sends one request and reads its whole answer; `afterPiece` runs after each piece of the body. */
export async function send(
  url: string,
  policy: EndpointPolicy,
  more: Partial<HttpRequest> = {},
  timer?: Timer,
  afterPiece?: () => Promise<void>,
) {
  const client = createHttpClient({ policy, ...(timer && { timer }) });
  const response = await client.send(request(url, more));
  const pieces: Uint8Array[] = [];
  for await (const piece of response.body) {
    pieces.push(piece);
    await afterPiece?.();
  }
  return { status: response.status, framed: response.framed, text: Buffer.concat(pieces).toString() };
}

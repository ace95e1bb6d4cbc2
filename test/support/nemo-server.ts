import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import * as z from 'zod';
import { answerTo, type NemoState, newState } from './nemo-services.ts';

/**
 * NeMo's services over HTTP, as far as a trainer uses them: entity store, datastore with its Hugging Face API and large
 * files (LFS), customizer, deployments, and the platform's files, jobs and models. It keeps state and can be told to
 * misbehave.
 */
export interface NemoServer {
  readonly url: string;
  /** `METHOD /path` of every request, in order. */
  readonly calls: string[];
  readonly state: NemoState;
  readonly server: Server;
  /** The next `times` requests whose `METHOD /path` matches go wrong. */
  misbehave(matching: Pick<RegExp, 'test'>, how: Misbehaviour, times?: number): void;
  close(): Promise<void>;
}

/**
 * `reset`: the connection breaks before anything is done. `cut`: it breaks in the middle of the request's body. `lost`:
 * all is done, then the connection breaks before the answer. Else an answer, with nothing done.
 */
export type Misbehaviour =
  | 'reset'
  | 'cut'
  | 'lost'
  | { readonly status: number; readonly body: string; readonly type?: string; readonly location?: string };

export async function startNemo(): Promise<NemoServer> {
  const state = newState();
  const calls: string[] = [];
  const faults: { matching: Pick<RegExp, 'test'>; how: Misbehaviour; left: number }[] = [];

  const server = createServer((request, response) => {
    void (async () => {
      const call = `${request.method} ${request.url}`;
      calls.push(call);
      state.authorizations.push([call, request.headers.authorization]);
      const fault = faults.find(({ matching, left }) => left > 0 && matching.test(call));
      if (fault) fault.left -= 1;
      if (fault?.how === 'reset') return request.socket.destroy();
      if (fault?.how === 'cut') return request.once('data', () => request.socket.destroy());
      const body = await bodyOf(request);
      if (typeof fault?.how === 'object') {
        const { status, body, type, location } = fault.how;
        if (location !== undefined) response.setHeader('location', location);
        return send(response, status, body, type);
      }
      const { status, json } = answerTo(call, body, state);
      if (fault?.how === 'lost') return request.socket.destroy();
      send(response, status, JSON.stringify(json));
    })().catch(() => request.socket.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = z.object({ port: z.number() }).parse(server.address());
  state.lfsOrigin = `http://127.0.0.1:${port}`;
  return {
    url: `http://127.0.0.1:${port}`,
    calls,
    state,
    server,
    misbehave: (matching, how, times = 1) => void faults.push({ matching, how, left: times }),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks);
}

function send(response: ServerResponse, status: number, body: string, type = 'application/json'): void {
  response.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(body) });
  response.end(body);
}

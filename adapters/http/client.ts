import { type Dispatcher, request as undiciRequest } from 'undici';
import {
  EndpointRefused,
  type HttpClient,
  HttpFailed,
  type HttpRequest,
  type HttpResponse,
} from '../../lib/stages/http.ts';
import { type EndpointPolicy, guardedAgent, originOf } from './guard.ts';

/** Runs `run` after `ms` unless the function it returns is called before. Tests pass a clock of their own. */
export type Timer = (ms: number, run: () => void) => () => void;

export interface HttpClientOptions {
  readonly policy: EndpointPolicy;
  readonly timer?: Timer;
  /** The dispatcher, where it is shared with undici's `fetch`; made from the policy otherwise. */
  readonly agent?: Dispatcher;
}

/** The one way out to HTTP. See `EndpointPolicy` for where it goes and `HttpRequest` for its caps. */
export function createHttpClient(options: HttpClientOptions): HttpClient {
  const agent = options.agent ?? guardedAgent(options.policy);
  const timer = options.timer ?? setTimer;
  return { send: (request) => send(request, agent, timer) };
}

/** Enough for any endpoint that means well. */
const MAX_REDIRECTS = 5;

async function send(request: HttpRequest, agent: Dispatcher, timer: Timer): Promise<HttpResponse> {
  const home = originOf(request.url);
  const watch = startWatch(request, timer);
  let url = new URL(request.url);
  let credentials = request.credentials;
  let redirects = 0;
  try {
    for (; ; redirects += 1) {
      const answer = await undiciRequest(url, {
        dispatcher: agent,
        method: request.method,
        headers: { 'accept-encoding': 'identity', ...request.headers, ...credentials },
        body: request.body ?? null,
        signal: watch.signal,
        // The watch has its own clock, which tests can turn.
        headersTimeout: 0,
        bodyTimeout: 0,
      });
      watch.heard();
      const next = redirectOf(request, answer, url, redirects);
      if (!next) return respond(request, answer, watch);
      // Only a little is worth reading for the sake of the connection.
      await answer.body.dump({ limit: 16_384 });
      url = next;
      if (url.origin !== home) credentials = undefined;
    }
  } catch (error) {
    watch.stop();
    // Only the endpoint that was asked for is the request's fault; where it sends on to is the endpoint's.
    if (redirects > 0 && error instanceof EndpointRefused) {
      throw new HttpFailed('redirect', `redirected: ${error.message}`, { cause: error });
    }
    throw asFailure(error, 'connection');
  }
}

function respond(request: HttpRequest, answer: Dispatcher.ResponseData, watch: Watch): HttpResponse {
  const headers = Object.fromEntries(
    Object.entries(answer.headers).flatMap(([name, value]) => {
      const first = Array.isArray(value) ? value[0] : value;
      return first === undefined ? [] : [[name.toLowerCase(), first]];
    }),
  );
  const close = () => {
    watch.stop();
    // destroy() reports the abort to whoever still reads; nobody does.
    answer.body.on('error', () => {}).destroy();
  };
  return {
    status: answer.statusCode,
    headers,
    framed: 'content-length' in headers || /\bchunked\b/i.test(headers['transfer-encoding'] ?? ''),
    body: capped(request, answer, watch, close),
    close,
  };
}

async function* capped(
  request: HttpRequest,
  answer: Dispatcher.ResponseData,
  watch: Watch,
  close: () => void,
): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  try {
    for await (const chunk of answer.body) {
      watch.heard();
      bytes += chunk.length;
      if (bytes > request.maxBytes) {
        throw new HttpFailed('too_large', `the answer is larger than the limit of ${request.maxBytes} bytes`);
      }
      yield chunk;
    }
  } catch (error) {
    throw asFailure(error, 'cut');
  } finally {
    close();
  }
}

/** Where the answer sends the request on to, if it does. */
function redirectOf(
  request: HttpRequest,
  answer: Dispatcher.ResponseData,
  from: URL,
  redirects: number,
): URL | undefined {
  const { location } = answer.headers;
  if (![301, 302, 303, 307, 308].includes(answer.statusCode) || typeof location !== 'string') return undefined;
  const fail = (why: string) => new HttpFailed('redirect', `HTTP ${answer.statusCode} redirects ${why}`);
  if (!URL.canParse(location, from.href)) throw fail('to something that is not a URL');
  const to = new URL(location, from);
  if (redirects >= MAX_REDIRECTS) throw fail(`for the ${redirects + 1}th time, last to ${to.origin}`);
  const keepsMethod = answer.statusCode >= 307 || request.method === 'GET' || request.method === 'HEAD';
  // 301 to 303 make a GET of a POST: the question would be lost.
  if (!keepsMethod) throw fail(`a ${request.method} to ${to.origin}: name that endpoint in the request instead`);
  if (!/^https?:$/.test(to.protocol)) throw fail(`to ${to.protocol}`);
  return to;
}

interface Watch {
  readonly signal: AbortSignal;
  /** A byte came: inactivity counts from here. */
  heard(): void;
  stop(): void;
}

function startWatch(request: HttpRequest, timer: Timer): Watch {
  const controller = new AbortController();
  const expire = (ms: number, what: string) =>
    timer(ms, () => controller.abort(new HttpFailed('timeout', `${what} within ${ms / 1000} seconds`)));
  const cancelTotal = expire(request.timeoutMs, 'no complete answer');
  let cancelInactivity = expire(request.inactivityMs, 'no byte');
  return {
    signal: controller.signal,
    heard() {
      cancelInactivity();
      cancelInactivity = expire(request.inactivityMs, 'no further byte');
    },
    stop() {
      cancelTotal();
      cancelInactivity();
    },
  };
}

/** Names the failure by its code: an error's own text could quote what was sent. */
function asFailure(error: unknown, kind: 'connection' | 'cut'): Error {
  if (error instanceof HttpFailed || error instanceof EndpointRefused) return error;
  const why = codeOf(error);
  const message = kind === 'connection' ? `no connection (${why})` : `the answer broke off (${why})`;
  return new HttpFailed(kind, message, { cause: error });
}

function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown';
  return 'code' in error && typeof error.code === 'string' ? error.code : error.name;
}

const setTimer: Timer = (ms, run) => {
  const timeout = setTimeout(run, ms);
  return () => clearTimeout(timeout);
};

import { Readable } from 'node:stream';
import { type Dispatcher, request } from 'undici';
import { HttpFailed } from '../../lib/stages/http.ts';

/**
 * A `fetch` for libraries that bring their own requests: through the same guarded dispatcher as the HTTP client
 * (`guard.ts`), with a cap on answers, and following no redirect: what such a library sends, tokens among it, goes to the
 * place that was named. A Blob is sent as it is read: the platform's `fetch` keeps all of a body that it streams, for a
 * redirect that may come.
 */
export function guardedFetch(dispatcher: Dispatcher): typeof fetch {
  return async (input, init) => {
    const { method = 'GET', body, signal } = init ?? {};
    const headers = Object.fromEntries(new Headers(init?.headers));
    const answer = await request(input instanceof Request ? input.url : input, {
      dispatcher,
      method,
      headers: body instanceof Blob ? { ...headers, 'content-length': String(body.size) } : headers,
      body: body instanceof Blob ? Readable.from(body.stream()) : typeof body === 'string' ? body : null,
      ...(signal ? { signal } : {}),
    });
    const { statusCode: status } = answer;
    if (status >= 300 && status < 400 && status !== 304) {
      answer.body.on('error', () => {}).destroy();
      throw redirectRefused(status, answer.headers.location);
    }
    return new Response(NO_BODY.has(status) ? null : capped(answer.body), { status, headers: headersOf(answer) });
  };
}

function redirectRefused(status: number, location: unknown): HttpFailed {
  const to = typeof location === 'string' && URL.canParse(location) ? new URL(location).origin : 'another place';
  return new HttpFailed('redirect', `HTTP ${status} redirects to ${to}: name that endpoint in the request instead`);
}

const NO_BODY = new Set([204, 205, 304]);

/** Bytes of an answer: the datastore's are a few hundred. */
const MAX_BYTES = 4_194_304;

const capped = (body: AsyncIterable<Uint8Array>): ReadableStream<Uint8Array> =>
  ReadableStream.from(
    (async function* () {
      let bytes = 0;
      for await (const chunk of body) {
        bytes += chunk.length;
        if (bytes > MAX_BYTES) throw new HttpFailed('too_large', `the answer is larger than ${MAX_BYTES} bytes`);
        yield chunk;
      }
    })(),
  );

function headersOf(answer: Dispatcher.ResponseData): Headers {
  const headers = new Headers();
  for (const [name, value] of Object.entries(answer.headers)) {
    for (const one of Array.isArray(value) ? value : [value ?? '']) headers.append(name, one);
  }
  return headers;
}

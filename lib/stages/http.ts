import { PipelineError } from '../errors.ts';

/**
 * The one port to HTTP: live workflows and trainers both go through it. Driver: `adapters/http/client.ts`, which
 * also decides which endpoints may be reached at all.
 */
export interface HttpClient {
  /**
   * One request, redirects followed. Any status is an answer; what is none throws {@link HttpFailed} or
   * {@link EndpointRefused}. The body throws the same while it is read. Read it to its end or call `close`.
   */
  send(request: HttpRequest): Promise<HttpResponse>;
}

export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE' | 'HEAD';
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Secret headers. They go to the url's own origin only: a redirect to another one loses them. */
  readonly credentials?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  /** From the start of the request to the last byte of the answer. */
  readonly timeoutMs: number;
  /** Longest wait for the next byte of the answer. */
  readonly inactivityMs: number;
  /** Most bytes of the answer's body. */
  readonly maxBytes: number;
}

export interface HttpResponse {
  readonly status: number;
  /** Names in lower case; of a repeated header the first value. */
  readonly headers: Readonly<Record<string, string>>;
  /** The answer says where it ends (Content-Length or chunked): without that, a cut cannot be told from an end. */
  readonly framed: boolean;
  readonly body: AsyncIterable<Uint8Array>;
  /** Gives the rest of the answer up. */
  close(): void;
}

/**
 * Why there is no whole answer: `connection`: none began. `cut`: it broke off. `timeout`: the time or the inactivity
 * cap. `too_large`: the byte cap. `redirect`: a redirect that cannot be followed.
 */
export type HttpFailureKind = 'connection' | 'cut' | 'timeout' | 'too_large' | 'redirect';

export class HttpFailed extends Error {
  override readonly name = 'HttpFailed';
  readonly kind: HttpFailureKind;

  constructor(kind: HttpFailureKind, message: string, options?: ErrorOptions) {
    super(message, options);
    this.kind = kind;
  }
}

/**
 * The endpoint may not be reached, or may not be sent what the request names: on AWS because the stack does not list it,
 * on this machine because it is not https, or not a public address.
 */
export class EndpointRefused extends PipelineError {
  override readonly name = 'EndpointRefused';
}

/** The secret cannot be had: it is missing, may not be read, or does not hold what it should. */
export class SecretUnavailable extends PipelineError {
  override readonly name = 'SecretUnavailable';
}

import type { WorkflowFailureReason, WorkflowSource } from '../../contract/workflow.ts';
import { HttpFailed, type HttpFailureKind, type HttpResponse } from '../http.ts';
import { type Answer, NoAnswer, readAnswer } from './answer.ts';
import { routesOf, type WorkflowClient } from './client.ts';
import { adviceOn, explainRefusal, REFUSAL_BYTES } from './refusal.ts';
import { delayMs, RETRIED_STATUSES, retryAfterMs } from './retry.ts';

export interface AskDeps {
  readonly client: WorkflowClient;
  readonly now: () => Date;
  readonly sleep: (ms: number) => Promise<void>;
  /** 0 to below 1. */
  readonly random: () => number;
  /** Milliseconds in which this must end. */
  readonly remainingMs: () => number;
}

/** `tries` counts the requests made, those of earlier rounds included. `unfinished`: no time for another here. */
export type Outcome =
  | { readonly kind: 'answered'; readonly tries: number; readonly answer: Answer }
  | ({ readonly kind: 'failed'; readonly tries: number } & Failure)
  | { readonly kind: 'unfinished'; readonly tries: number };

interface Failure {
  readonly reason: WorkflowFailureReason;
  readonly detail: string;
  /** The detail without the workflow's own words, which may quote the example. */
  readonly inLogs: string;
}

/** Kept free at the end: to write what was answered. */
const WRITE_MS = 30_000;

/** What one more try needs at the most. */
export const neededMs = (source: Pick<WorkflowSource, 'timeout_seconds'>): number =>
  source.timeout_seconds * 1000 + WRITE_MS;

/** Asks until there is an answer, a failure that stays one, or no time left. */
export async function ask(body: string, source: WorkflowSource, tried: number, deps: AskDeps): Promise<Outcome> {
  let waitMs = 0;
  for (let tries = tried; ; ) {
    if (deps.remainingMs() < waitMs + neededMs(source)) return { kind: 'unfinished', tries };
    if (waitMs > 0) await deps.sleep(waitMs);
    tries += 1;
    const attempt = await attemptOnce(body, source, deps);
    if (attempt.kind === 'answered') return { kind: 'answered', tries, answer: attempt.answer };
    if (!attempt.retry || tries > source.max_retries) {
      const { reason, detail, inLogs } = attempt;
      return { kind: 'failed', tries, reason, detail, inLogs };
    }
    waitMs = delayMs(tries, deps.random, attempt.retryAfterMs);
  }
}

type Attempt =
  | { readonly kind: 'answered'; readonly answer: Answer }
  | ({ readonly kind: 'failed'; readonly retry: boolean; readonly retryAfterMs?: number } & Failure);

async function attemptOnce(body: string, source: WorkflowSource, deps: AskDeps): Promise<Attempt> {
  try {
    const response = await postToFirst(routesOf(source), body, deps.client);
    try {
      return await read(response, body, deps);
    } finally {
      response.close();
    }
  } catch (error) {
    if (error instanceof NoAnswer) {
      const { reason } = error;
      const detail = deps.client.redact(error.message);
      const inLogs = reason === 'workflow_error' ? "the workflow's own log says more" : detail;
      return { ...failed(reason, detail, false), inLogs };
    }
    if (error instanceof HttpFailed) {
      return failed(REASONS[error.kind], deps.client.redact(error.message), RETRIED_KINDS.has(error.kind));
    }
    throw error;
  }
}

/** The first of the routes that the server has. */
async function postToFirst(routes: readonly string[], body: string, client: WorkflowClient): Promise<HttpResponse> {
  const [route = '', ...others] = routes;
  const response = await client.post(route, body);
  if (response.status !== 404 || others.length === 0) return response;
  response.close();
  return postToFirst(others, body, client);
}

async function read(response: HttpResponse, body: string, { now, client }: AskDeps): Promise<Attempt> {
  const { status, headers, framed } = response;
  if (status < 200 || status > 299) {
    const wait = retryAfterMs(headers['retry-after'], now().getTime());
    const said = status < 500 ? await firstBytes(response) : new Uint8Array();
    const why = explainRefusal(said, body);
    const detail = why === undefined ? `HTTP ${status}` : `HTTP ${status}: ${client.redact(why)}`;
    const inLogs = `HTTP ${status}${adviceOn(said)}`;
    return { ...failed('http_error', detail, RETRIED_STATUSES.includes(status)), inLogs, retryAfterMs: wait };
  }
  const encoding = headers['content-encoding'] ?? 'identity';
  if (encoding !== 'identity')
    return failed('http_error', `the answer came as ${encoding}, which the run did not ask for`, false);
  if (!framed)
    return failed('cut_stream', 'the answer has neither Content-Length nor chunks, so its end is unknown', false);
  return { kind: 'answered', answer: await readAnswer(response.body) };
}

/** What came of them: a refusal that breaks off is one all the same. */
async function firstBytes({ body }: HttpResponse): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  try {
    for await (const piece of body) {
      pieces.push(piece);
      bytes += piece.length;
      if (bytes >= REFUSAL_BYTES) break;
    }
  } catch (error) {
    if (!(error instanceof HttpFailed)) throw error;
  }
  return Buffer.concat(pieces).subarray(0, REFUSAL_BYTES);
}

const failed = (reason: WorkflowFailureReason, detail: string, retry: boolean) =>
  ({ kind: 'failed', reason, detail, inLogs: detail, retry }) as const;

const REASONS = {
  connection: 'http_error',
  redirect: 'http_error',
  cut: 'cut_stream',
  too_large: 'cut_stream',
  timeout: 'timeout',
} as const satisfies Record<HttpFailureKind, WorkflowFailureReason>;

/** A connection that never was or broke; the others would end the same way again. */
const RETRIED_KINDS: ReadonlySet<HttpFailureKind> = new Set(['connection', 'cut']);

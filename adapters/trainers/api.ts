import type * as z from 'zod';
import { type HttpClient, HttpFailed, type HttpRequest, type HttpResponse } from '../../lib/stages/http.ts';
import { TrainerRefused, TrainerUnavailable } from '../../lib/stages/training/errors.ts';
import { shortened } from '../../lib/stages/training/messages.ts';
import type { Credentials } from '../http/endpoint-credentials.ts';
import { failureOfHttp } from './http-failure.ts';

/** A service's JSON API behind one base URL. */
export interface Api {
  get<T>(path: string, answer: z.ZodType<T>): Promise<T>;
  /** `exists` where the service says that what it should create is there. */
  post<T>(path: string, body: unknown, answer: z.ZodType<T>): Promise<T | 'exists'>;
  /** As {@link post}, of a form and for nothing but its effect. */
  postForm(path: string, form: Readonly<Record<string, string>>): Promise<'created' | 'exists'>;
}

export interface ApiOptions {
  readonly http: HttpClient;
  readonly host: string;
  readonly credentials: Credentials;
}

export function jsonApi({ http, host, credentials }: ApiOptions): Api {
  const ask = async (request: Pick<HttpRequest, 'method' | 'body'> & { path: string; type?: string }) => {
    const { path, type, ...rest } = request;
    const where = `${request.method} ${host}${path}`;
    const { status, text } = await sent(where, http, {
      ...rest,
      url: `${host}${path}`,
      headers: { accept: 'application/json', ...(type === undefined ? {} : { 'content-type': type }) },
      credentials: credentials.headers,
      ...CAPS,
    });
    // Before anything is read from it: whatever an answer says may end in a message or a file.
    return { where, status, text: credentials.redact(text), setting: credentials.setting };
  };
  return {
    async get(path, answer) {
      const got = await ask({ method: 'GET', path });
      refuseErrors(got);
      return parsed(got, answer);
    },
    async post(path, body, answer) {
      const got = await ask({ method: 'POST', path, type: 'application/json', body: JSON.stringify(body) });
      if (got.status === 409) return 'exists';
      refuseErrors(got);
      return parsed(got, answer);
    },
    async postForm(path, form) {
      const type = 'application/x-www-form-urlencoded';
      const got = await ask({ method: 'POST', path, type, body: new URLSearchParams(form).toString() });
      // The datastore says "exists" by either.
      if (got.status === 409 || got.status === 422) return 'exists';
      refuseErrors(got);
      return 'created';
    },
  };
}

/** A minute is what `SUBMIT_SECONDS` counts on; no answer of these services is near 4 MiB. */
const CAPS = { timeoutMs: 60_000, inactivityMs: 60_000, maxBytes: 4_194_304 } as const;

interface Got {
  readonly where: string;
  readonly status: number;
  readonly text: string;
  /** Names the secret that was sent, or would be. */
  readonly setting: string;
}

async function sent(where: string, http: HttpClient, request: HttpRequest): Promise<{ status: number; text: string }> {
  try {
    const response = await http.send(request);
    return { status: response.status, text: await textOf(response) };
  } catch (error) {
    if (!(error instanceof HttpFailed)) throw error;
    throw failureOfHttp(where, error);
  }
}

async function textOf(response: HttpResponse): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of response.body) text += decoder.decode(chunk, { stream: true });
  return text + decoder.decode();
}

/** What is posted are settings, which an answer may quote; of what a job has come to, an answer may quote the dataset. */
function refuseErrors({ where, status, text, setting }: Got): void {
  if (status >= 200 && status < 300) return;
  const Failure = status >= 500 || PASSING.has(status) ? TrainerUnavailable : TrainerRefused;
  const way = status === 401 || status === 403 ? `. Check the secret that ${setting} names, and its permissions.` : '';
  const said = `${where} answered ${status}`;
  throw new Failure(`${said}: ${spoken(text)}${way}`, where.startsWith('GET ') ? { inLogs: `${said}${way}` } : {});
}

/** Not now, rather than never: request timeout, too early, too many requests. */
const PASSING = new Set([408, 425, 429]);

/** A proxy's error page can come with any status, 200 too: then the service itself has not spoken. */
function parsed<T>({ where, status, text }: Got, answer: z.ZodType<T>): T {
  const read = answer.safeParse(json(text));
  if (read.success) return read.data;
  const said = `${where} answered ${status}, but not as expected`;
  throw new TrainerUnavailable(`${said}: ${spoken(text)}`, { cause: read.error, inLogs: said });
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** What an answer says, for a message: an HTML page by its title. */
function spoken(text: string): string {
  if (!text.trimStart().startsWith('<')) return shortened(text) || 'nothing';
  const title = /<title>([^<]*)/i.exec(text)?.[1];
  return `an HTML page${title ? ` titled "${shortened(title)}"` : ''}`;
}

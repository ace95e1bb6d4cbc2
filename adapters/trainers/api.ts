import { text as textOf } from 'node:stream/consumers';
import type * as z from 'zod';
import { jsonOrUndefined } from '../../lib/contract/json-or-undefined.ts';
import { type HttpClient, HttpFailed } from '../../lib/stages/http.ts';
import { TrainerRefused, TrainerUnavailable } from '../../lib/stages/training/errors.ts';
import { shortened } from '../../lib/stages/training/messages.ts';
import type { Credentials } from '../http/endpoint-credentials.ts';
import { failureOfHttp, isPassing } from './http-failure.ts';

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
  async function ask(method: 'GET' | 'POST', path: string, content?: Content): Promise<Got> {
    const where = `${method} ${host}${path}`;
    const headers = { accept: 'application/json', ...(content && { 'content-type': content.type }) };
    try {
      const { status, body } = await http.send({
        ...{ method, url: `${host}${path}`, headers, credentials: credentials.headers },
        ...(content && { body: content.body }),
        ...CAPS,
      });
      // Before anything is read from it: whatever an answer says may end in a message or a file.
      return { where, status, text: credentials.redact(await textOf(body)), setting: credentials.setting };
    } catch (error) {
      throw error instanceof HttpFailed ? failureOfHttp(where, error) : error;
    }
  }
  return {
    async get(path, answer) {
      return parsed(await ask('GET', path), answer);
    },
    async post(path, body, answer) {
      const got = await ask('POST', path, { type: 'application/json', body: JSON.stringify(body) });
      return got.status === 409 ? 'exists' : parsed(got, answer);
    },
    async postForm(path, form) {
      const body = new URLSearchParams(form).toString();
      const got = await ask('POST', path, { type: 'application/x-www-form-urlencoded', body });
      // The datastore says "exists" by either.
      if (got.status === 409 || got.status === 422) return 'exists';
      refuseErrors(got);
      return 'created';
    },
  };
}

interface Content {
  readonly type: string;
  readonly body: string;
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

/** What is posted are settings, which an answer may quote; of what a job has come to, an answer may quote the dataset. */
function refuseErrors({ where, status, text, setting }: Got): void {
  if (status >= 200 && status < 300) return;
  const Failure = isPassing(status) ? TrainerUnavailable : TrainerRefused;
  const way = status === 401 || status === 403 ? `. Check the secret that ${setting} names, and its permissions.` : '';
  const said = `${where} answered ${status}`;
  throw new Failure(`${said}: ${spoken(text)}${way}`, where.startsWith('GET ') ? { inLogs: `${said}${way}` } : {});
}

/** A proxy's error page can come with any status, 200 too: then the service itself has not spoken. */
function parsed<T>(got: Got, answer: z.ZodType<T>): T {
  refuseErrors(got);
  const { where, status, text } = got;
  const read = answer.safeParse(jsonOrUndefined(text));
  if (read.success) return read.data;
  const said = `${where} answered ${status}, but not as expected`;
  throw new TrainerUnavailable(`${said}: ${spoken(text)}`, { cause: read.error, inLogs: said });
}

/** What an answer says, for a message: an HTML page by its title. */
function spoken(text: string): string {
  if (!text.trimStart().startsWith('<')) return shortened(text) || 'nothing';
  const title = /<title>([^<]*)/i.exec(text)?.[1];
  return `an HTML page${title ? ` titled "${shortened(title)}"` : ''}`;
}

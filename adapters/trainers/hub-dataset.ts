import { setImmediate } from 'node:timers/promises';
import { createRepo, HubApiError, type RepoId, uploadFiles } from '@huggingface/hub';
import { PipelineError } from '../../lib/errors.ts';
import type { ObjectStore } from '../../lib/objects/store.ts';
import { HttpFailed } from '../../lib/stages/http.ts';
import { TrainerRefused, TrainerUnavailable } from '../../lib/stages/training/errors.ts';
import { shortened } from '../../lib/stages/training/messages.ts';
import type { Credentials } from '../http/endpoint-credentials.ts';
import { failureOfHttp, isPassing } from './http-failure.ts';
import { StoreBlob } from './store-blob.ts';

export interface HubUpload {
  /** Base URL of the Hugging Face API. */
  readonly hubUrl: string;
  /** `namespace/name` of the dataset. */
  readonly repo: string;
  readonly files: readonly {
    readonly key: string;
    readonly bytes: number;
    /** In the repo; a file without one is not uploaded. */
    readonly path: string | undefined;
  }[];
  /** Of a repo that is made now; where it is left out, the hub decides. */
  readonly visibility?: 'private' | 'public';
  /** The commit's message. */
  readonly description: string;
  readonly store: ObjectStore;
  readonly fetch: typeof fetch;
  readonly credentials: Credentials;
}

/**
 * Creates the dataset's repo where it is missing and commits the files to it, all or none, streamed from the store.
 * Committing the same files again changes nothing.
 */
export async function uploadDataset(upload: HubUpload): Promise<void> {
  const { hubUrl, store, visibility } = upload;
  const repo: RepoId = { type: 'dataset', name: upload.repo };
  const fetch = authorizedFetch(upload);
  const files = upload.files.flatMap(({ path, key, bytes }) =>
    path === undefined ? [] : [{ path, content: new StoreBlob(store, key, 0, bytes) }],
  );
  const created = { repo, hubUrl, fetch, accessToken: PLACEHOLDER, ...(visibility && { visibility }) };
  await asTrainer(upload, () => createRepo(created), REPO_EXISTS);
  await asTrainer(upload, () =>
    // Xet is Hugging Face's own upload protocol; no datastore has it.
    uploadFiles({ repo, hubUrl, fetch, files, commitTitle: upload.description, useXet: false }),
  );
}

const REPO_EXISTS = 409;

/**
 * The library takes tokens that begin with hf_ only, and createRepo sends "Bearer undefined" without one: it gets this
 * one, and no request carries it.
 */
const PLACEHOLDER = 'hf_placeholder';

/**
 * Carries the credentials, if any, to the datastore itself and to no other place (a large file may go elsewhere). The
 * library misses a failure that comes before it waits for one (it then hangs, or leaves a rejection that ends the
 * process), so a request never fails at once.
 */
function authorizedFetch({ hubUrl, credentials, fetch }: HubUpload): typeof globalThis.fetch {
  const home = new URL(hubUrl).origin;
  return (input, init) => {
    const url = input instanceof Request ? input.url : input;
    const headers = new Headers(init?.headers);
    headers.delete('authorization');
    if (new URL(url).origin === home) {
      for (const [name, value] of Object.entries(credentials.headers)) headers.set(name, value);
    }
    return fetch(input, { ...init, headers }).catch(async (error: unknown) => {
      await setImmediate();
      throw error;
    });
  };
}

async function asTrainer(upload: HubUpload, call: () => Promise<unknown>, fine?: number): Promise<void> {
  try {
    await call();
  } catch (error) {
    if (error instanceof HubApiError && error.statusCode === fine) return;
    throw failureOf(error, upload);
  }
}

function failureOf(error: unknown, { hubUrl, repo, credentials: { redact, setting } }: HubUpload): unknown {
  // Of the store or of the endpoint policy: they speak for themselves, whatever caused them.
  const ours = causesOf(error).find((cause) => cause instanceof PipelineError);
  if (ours !== undefined) return ours;
  const inner = causesOf(error).at(-1);
  const where = `Uploading the dataset ${repo} to ${hubUrl}`;
  if (inner instanceof HttpFailed) return failureOfHttp(where, inner);
  if (error instanceof HubApiError) {
    // Its words may quote a line of the dataset.
    const inLogs = `${where}: answered ${error.statusCode}`;
    const said = `${inLogs}: ${shortened(redact(withoutQueries(error.message)))}`;
    if (isPassing(error.statusCode)) return new TrainerUnavailable(said, { cause: error, inLogs });
    const way = `. Check the secret that ${setting} names, and its permissions.`;
    return new TrainerRefused(`${said}${way}`, { cause: error, inLogs: `${inLogs}${way}` });
  }
  if (error instanceof RangeError) return new TrainerRefused(`${where}: ${error.message}`, { cause: error });
  const why = inner instanceof Error ? inner.message : 'unknown';
  const inLogs = `${where}: broke off`;
  return new TrainerUnavailable(`${inLogs}: ${shortened(redact(why))}`, { cause: error, inLogs });
}

/** A large file's address can hold a signature. */
export const withoutQueries = (text: string): string =>
  text.replaceAll(/\S+/g, (word) => {
    const address = word.search(/https?:/);
    const query = address === -1 ? -1 : word.indexOf('?', address);
    return query === -1 ? word : word.slice(0, query);
  });

/** The error and what caused it, the innermost last. */
const causesOf = (error: unknown): readonly unknown[] =>
  error instanceof Error && error.cause !== undefined ? [error, ...causesOf(error.cause)] : [error];

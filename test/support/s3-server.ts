import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { keysOf, type MemoryBucket, memoryBucket, remove, store } from './s3/bucket.ts';
import { S3Failure } from './s3/failure.ts';
import { type Behaviour, type Failing, faultQueue } from './s3/faults.ts';
import { type Operation, operationOf, perform, type S3Reply, type S3Request } from './s3/operations.ts';
import { document } from './s3/xml.ts';

/**
 * S3 over real HTTP, in memory, path style: what the pipeline uses of it, with its conditions, checksums and limits
 * enforced, and failures on demand. Signatures are not checked.
 */
export interface S3Server extends Failing {
  readonly endpoint: string;
  createBucket(name: string, options?: { readonly versioned?: boolean }): void;
  put(bucket: string, key: string, body: Uint8Array | string): void;
  /** Undefined where there is no such object. */
  get(bucket: string, key: string): Buffer | undefined;
  remove(bucket: string, key: string): void;
  keys(bucket: string): string[];
  /** Keys of multipart uploads neither completed nor aborted. */
  uploads(): string[];
  readonly traffic: Traffic;
  close(): Promise<void>;
}

export interface S3ServerOptions {
  /** Least bytes of every part but the last. S3's are 5 MiB. */
  readonly minPartBytes?: number;
  /** Keys in one page of a listing. S3's are 1,000. */
  readonly pageSize?: number;
  /** Decides on each request: answers it by `perform`, or throws what S3 refuses it with. Everything is allowed without. */
  readonly guard?: Guard;
}

export type { Behaviour, Matcher } from './s3/faults.ts';

export type Guard = (request: S3Request, perform: (request: S3Request) => S3Reply) => S3Reply;

/** `Error` as S3 writes it into a body that it began with status 200. */
export const errorBody = (code: string): string =>
  document('Error', [
    ['Code', code],
    ['Message', code],
  ]);

/** What went over the wire since the start or the last `reset`. */
export interface Traffic {
  readonly requests: Partial<Record<Operation, number>>;
  readonly bytesIn: number;
  readonly bytesOut: number;
  reset(): void;
}

export async function startS3Server({
  minPartBytes = 5 * 2 ** 20,
  pageSize = 1_000,
  guard = (request, perform) => perform(request),
}: S3ServerOptions = {}): Promise<S3Server> {
  const buckets = new Map<string, MemoryBucket>();
  const faults = faultQueue();
  const traffic = countTraffic();
  const bucketOf = (name: string): MemoryBucket => {
    const bucket = buckets.get(name);
    if (!bucket) throw new S3Failure(404, 'NoSuchBucket');
    return bucket;
  };

  const answer = async (incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> => {
    const url = new URL(incoming.url ?? '/', 'http://s3');
    const [, bucketName = '', ...segments] = url.pathname.split('/');
    const key = decodeURIComponent(segments.join('/'));
    const raw = await buffer(incoming);
    const operation = operationOf(incoming.method ?? '', key, url.searchParams, incoming.headers);
    traffic.count(operation, raw.length);
    const behaviour = faults.take(operation, key);
    if (behaviour?.kind === 'error') throw new S3Failure(behaviour.status, behaviour.code);
    if (behaviour?.kind === 'answer-200') return send(outgoing, { status: 200, body: behaviour.body });
    if (behaviour?.kind === 'drop' && !behaviour.applied) return void incoming.socket.destroy();
    if (behaviour?.kind === 'meanwhile') behaviour.change(key);
    const request: S3Request = {
      ...{ operation, bucketName, bucket: bucketOf(bucketName), buckets, key, raw, minPartBytes, pageSize },
      query: url.searchParams,
      headers: incoming.headers,
    };
    const reply = guard(request, perform);
    if (behaviour?.kind === 'drop') return void incoming.socket.destroy();
    send(outgoing, reply, behaviour, traffic);
  };

  const server = createServer((incoming, outgoing) => {
    answer(incoming, outgoing).catch((error) => refuse(outgoing, error));
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const address = server.address();
  if (typeof address !== 'object' || !address) throw new Error('The server has no port');

  return {
    endpoint: `http://127.0.0.1:${address.port}`,
    createBucket: (name, options) => void buckets.set(name, memoryBucket(options?.versioned ?? false)),
    put: (bucket, key, body) => void store(bucketOf(bucket), key, Buffer.from(body)),
    get: (bucket, key) => bucketOf(bucket).objects.get(key)?.at(-1)?.body,
    remove: (bucket, key) => remove(bucketOf(bucket), key),
    keys: (bucket) => keysOf(bucketOf(bucket)),
    uploads: () => [...buckets.values()].flatMap((bucket) => [...bucket.uploads.values()].map(({ key }) => key)),
    fail: faults.fail,
    calm: faults.calm,
    traffic,
    close: () =>
      new Promise((closed) => {
        server.close(() => closed());
        server.closeAllConnections();
      }),
  };
}

function send(outgoing: ServerResponse, reply: S3Reply, behaviour?: Behaviour, traffic?: Counting): void {
  const whole = Buffer.from(reply.body ?? '');
  const body = behaviour?.kind === 'short' ? whole.subarray(0, behaviour.after) : whole;
  const headers: Record<string, string> = { 'content-length': String(body.length), ...reply.headers };
  if (behaviour?.kind === 'short') headers['content-length'] = String(body.length);
  if (behaviour?.kind === 'wrong-checksum') headers['x-amz-checksum-crc32'] = 'AAAAAQ==';
  outgoing.writeHead(reply.status, headers);
  if (behaviour?.kind === 'hang' || behaviour?.kind === 'truncate') {
    traffic?.sent(behaviour.after);
    outgoing.write(body.subarray(0, behaviour.after), () => {
      if (behaviour.kind === 'truncate') outgoing.destroy();
    });
    return;
  }
  traffic?.sent(body.length);
  outgoing.end(body);
}

function refuse(outgoing: ServerResponse, error: unknown): void {
  const { status, code, message } =
    error instanceof S3Failure ? error : new S3Failure(500, 'InternalError', String(error));
  const body = document('Error', [
    ['Code', code],
    ['Message', message],
  ]);
  outgoing.writeHead(status, { 'content-type': 'application/xml' });
  outgoing.end(outgoing.req.method === 'HEAD' ? undefined : body);
}

interface Counting extends Traffic {
  count(operation: Operation, bytes: number): void;
  sent(bytes: number): void;
}

function countTraffic(): Counting {
  let requests: Partial<Record<Operation, number>> = {};
  let bytesIn = 0;
  let bytesOut = 0;
  return {
    get requests() {
      return requests;
    },
    get bytesIn() {
      return bytesIn;
    },
    get bytesOut() {
      return bytesOut;
    },
    count: (operation, bytes) => {
      requests[operation] = (requests[operation] ?? 0) + 1;
      bytesIn += bytes;
    },
    sent: (bytes) => {
      bytesOut += bytes;
    },
    reset: () => {
      requests = {};
      bytesIn = 0;
      bytesOut = 0;
    },
  };
}

import { createServer, type IncomingMessage, type ServerResponse, request as send } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { setTimeout as wait } from 'node:timers/promises';
import * as z from 'zod';
import { memoryBucket } from '../../support/s3/bucket.ts';
import { S3Failure } from '../../support/s3/failure.ts';
import { type Behaviour, type Failing, faultQueue } from '../../support/s3/faults.ts';
import { operationOf } from '../../support/s3/operations.ts';
import { document } from '../../support/s3/xml.ts';
import type { Guard } from '../../support/s3-server.ts';

/** Stands before an S3 server that others wrote: fails on demand, and refuses whom the roles of a stack refuse. */
export interface S3Proxy extends Failing {
  readonly endpoint: string;
  /** Every answer's body takes so long, in pieces; 0 and it is as fast as it comes. */
  slow(milliseconds: number): void;
  close(): Promise<void>;
}

export interface S3ProxyOptions {
  /** Of the server behind. */
  readonly target: string;
  readonly guard?: Guard;
  /** A bucket's name as the guard knows it. */
  readonly nameOf?: (bucket: string) => string;
}

export async function startS3Proxy({
  target,
  guard = (request, perform) => perform(request),
  nameOf = (bucket) => bucket,
}: S3ProxyOptions): Promise<S3Proxy> {
  const faults = faultQueue();
  const nothing = { bucket: memoryBucket(false), buckets: new Map(), raw: Buffer.alloc(0) };
  let slowness = 0;

  const answer = async (incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> => {
    const url = new URL(incoming.url ?? '/', 'http://s3');
    const [, bucket = '', ...segments] = url.pathname.split('/');
    const key = decodeURIComponent(segments.join('/'));
    const { method = '', headers } = incoming;
    // The server behind looks at the host that was signed.
    const body = await buffer(incoming);
    if (key === '' && url.searchParams.get('list-type') !== '2') return forward(incoming, body, outgoing);
    const operation = operationOf(method, key, url.searchParams, headers);
    const behaviour = faults.take(operation, key);
    if (behaviour?.kind === 'error') throw new S3Failure(behaviour.status, behaviour.code);
    if (behaviour?.kind === 'answer-200') return void outgoing.writeHead(200).end(behaviour.body);
    if (behaviour?.kind === 'drop' && !behaviour.applied) return void incoming.socket.destroy();
    if (behaviour?.kind === 'meanwhile') behaviour.change(key);
    guard(
      {
        ...{ ...nothing, operation, key, headers, query: url.searchParams, minPartBytes: 0, pageSize: 0 },
        bucketName: nameOf(bucket),
      },
      () => ({ status: 200 }),
    );
    await forward(incoming, body, outgoing, behaviour);
  };

  const forward = async (incoming: IncomingMessage, body: Buffer, outgoing: ServerResponse, how?: Behaviour) => {
    const { method, url, headers } = incoming;
    const reply = await new Promise<IncomingMessage>((resolve, reject) => {
      const { hostname, port } = new URL(target);
      const { 'transfer-encoding': _, ...kept } = headers;
      const sent = { ...kept, 'content-length': String(body.length) };
      send({ hostname, port, method, path: url, headers: sent, setHost: false }, resolve)
        .once('error', reject)
        .end(body);
    });
    if (how?.kind === 'drop') return void incoming.socket.destroy();
    if (how?.kind === 'hang' || how?.kind === 'truncate' || how?.kind === 'short') {
      const part = (await buffer(reply)).subarray(0, how.after);
      const length = how.kind === 'short' ? { 'content-length': String(part.length) } : {};
      outgoing.writeHead(reply.statusCode ?? 500, { ...reply.headers, ...length });
      if (how.kind === 'short') return void outgoing.end(part);
      outgoing.write(part, () => {
        if (how.kind === 'truncate') outgoing.destroy();
      });
      return;
    }
    outgoing.writeHead(reply.statusCode ?? 500, reply.headers);
    if (slowness > 0) await dribble(await buffer(reply), outgoing, slowness);
    else await pipeline(reply, outgoing);
  };

  const server = createServer((incoming, outgoing) => {
    answer(incoming, outgoing).catch((error) => {
      if (outgoing.headersSent || !(error instanceof S3Failure)) return void incoming.socket.destroy();
      const { status, code, message } = error;
      const body = document('Error', [
        ['Code', code],
        ['Message', message],
      ]);
      outgoing.writeHead(status, { 'content-type': 'application/xml' });
      outgoing.end(incoming.method === 'HEAD' ? undefined : body);
    });
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const { port } = z.object({ port: z.number() }).parse(server.address());
  return {
    endpoint: `http://127.0.0.1:${port}`,
    fail: faults.fail,
    calm: faults.calm,
    slow: (milliseconds) => {
      slowness = milliseconds;
    },
    close: () =>
      new Promise((closed) => {
        server.close(() => closed());
        server.closeAllConnections();
      }),
  };
}

async function dribble(body: Buffer, outgoing: ServerResponse, milliseconds: number): Promise<void> {
  const pieces = 4;
  for (let piece = 0; piece < pieces; piece++) {
    const [start, end] = [piece, piece + 1].map((at) => Math.floor((at * body.length) / pieces));
    outgoing.write(body.subarray(start, end));
    await wait(milliseconds / pieces);
  }
  outgoing.end();
}

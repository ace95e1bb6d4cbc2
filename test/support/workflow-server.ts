import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';

/** A request as the workflow got it. */
export interface Asked {
  readonly url: string;
  readonly method: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: unknown;
  /** `input_message` of the body, as text. */
  readonly question: string;
  /** How often this question has been asked, from 1. */
  readonly time: number;
}

export type Reply = (asked: Asked, response: ServerResponse) => void | Promise<void>;

/** A step of a NAT trace item. */
export interface Step {
  readonly payload: { readonly event_type: string; readonly name: string | null; readonly UUID: string };
}

/** An HTTP server that answers as a NAT workflow does, or as `reply` says. */
export async function startWorkflowServer(reply: Reply) {
  const asked: Asked[] = [];
  let underWay = 0;
  let mostUnderWay = 0;
  const server = createServer(async (request, response) => {
    underWay += 1;
    mostUnderWay = Math.max(mostUnderWay, underWay);
    response.on('close', () => {
      underWay -= 1;
    });
    const one = await read(request, asked);
    asked.push(one);
    await reply(one, response);
  });
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  const { port } = server.address() as AddressInfo;
  return {
    origin: `http://127.0.0.1:${port}`,
    asked,
    mostUnderWay: () => mostUnderWay,
    close: () => {
      server.closeAllConnections();
      return new Promise((closed) => server.close(closed));
    },
  };
}

export const intermediate = (step: Step): string => {
  const { event_type, name, UUID } = step.payload;
  const record = {
    id: UUID,
    parent_id: 'root',
    type: event_type,
    name: name ?? '',
    payload: JSON.stringify(step.payload),
  };
  return `intermediate_data: ${JSON.stringify(record)}\n\n`;
};

export const part = (value: unknown): string => `data: ${JSON.stringify({ value })}\n\n`;

/** Steps, then the answer. */
export const answers =
  (text: string, steps: readonly Step[] = []): Reply =>
  (_asked, response) => {
    response.setHeader('content-type', 'text/event-stream');
    for (const step of steps) response.write(intermediate(step));
    response.end(part(text));
  };

/** These exact bytes, as a whole answer with HTTP 200. */
export const says =
  (text: string): Reply =>
  (_asked, response) => {
    response.end(text);
  };

export const status =
  (code: number, headers: Readonly<Record<string, string>> = {}): Reply =>
  (_asked, response) => {
    response.writeHead(code, headers).end();
  };

/** As NAT reports an error in the middle of an answer: HTTP 200 and a bare line of JSON. */
export const bareError = (message: string): Reply =>
  says(`${JSON.stringify({ code: 'workflow_error', message, details: 'Traceback …' })}\n`);

/** Breaks the connection in the middle of a line. */
export const cut: Reply = (_asked, response) => {
  response.write('intermediate_data: {"id":"1","payl', () => response.destroy());
};

/** The answer's bytes one at a time, each in a packet of its own. */
export const byteByByte =
  (text: string): Reply =>
  async (_asked, response) => {
    response.socket?.setNoDelay(true);
    for (const byte of Buffer.from(text)) {
      response.write(Buffer.of(byte));
      await turn();
    }
    response.end();
  };

/** Headers, and then nothing more until the client goes. */
export const silence: Reply = (_asked, response) => {
  response.flushHeaders();
};

/** So many bytes of an answer that would be right, were it not for its size. Counts what it could send. */
export function endless(bytes: number) {
  const sent = { bytes: 0 };
  const reply: Reply = async (_asked, response) => {
    const chunk = Buffer.alloc(65_536, 'x');
    response.on('error', () => {});
    const gone = new Promise((closed) => response.once('close', closed));
    response.write('data: {"value":"');
    while (sent.bytes < bytes && !response.destroyed) {
      const room = response.write(chunk);
      sent.bytes += chunk.length;
      if (!room) await Promise.race([new Promise((drained) => response.once('drain', drained)), gone]);
    }
    response.end('"}\n\n');
  };
  return { reply, sent };
}

/** The first reply to a question's first asking, the second to its second, …; the last to all after. */
export const inTurn =
  (...replies: readonly Reply[]): Reply =>
  (asked, response) =>
    replies[Math.min(asked.time, replies.length) - 1]?.(asked, response);

async function read(request: IncomingMessage, before: readonly Asked[]): Promise<Asked> {
  const pieces: Buffer[] = [];
  for await (const piece of request) pieces.push(piece);
  const text = Buffer.concat(pieces).toString();
  const body: unknown = text === '' ? undefined : JSON.parse(text);
  const question = String(body && typeof body === 'object' && 'input_message' in body ? body.input_message : '');
  return {
    url: request.url ?? '',
    method: request.method ?? '',
    headers: request.headers,
    body,
    question,
    time: before.filter((one) => one.question === question && one.url === request.url).length + 1,
  };
}

import type { lookup } from 'node:dns';
import { afterEach, describe, expect, it } from 'vitest';
import { refusedRange } from '../../functions/http/addresses.ts';
import { createHttpClient, type Timer } from '../../functions/http/client.ts';
import { type EndpointPolicy, guardedAgent, originOf } from '../../functions/http/guard.ts';
import { EndpointRefused, type HttpRequest } from '../../lib/http.ts';
import { fakeTimer } from '../support/fake-timer.ts';
import {
  answers,
  byteByByte,
  cut,
  endless,
  part,
  type Reply,
  says,
  silence,
  startWorkflowServer,
  status,
} from '../support/workflow-server.ts';

type Server = Awaited<ReturnType<typeof startWorkflowServer>>;
const servers: Server[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

describe('which endpoints are reached', () => {
  it.each([
    '0.0.0.0',
    '10.1.2.3',
    '100.64.0.1',
    '127.0.0.1',
    '127.255.0.1',
    '169.254.169.254',
    '172.31.0.1',
    '192.0.0.8',
    '192.168.1.1',
    '198.18.0.1',
    '224.0.0.1',
    '240.0.0.1',
    '255.255.255.255',
    '::',
    '::1',
    '::7f00:1',
    '::ffff:127.0.0.1',
    '::ffff:a9fe:a9fe',
    '64:ff9b::a9fe:a9fe',
    '64:ff9b:1::1',
    '2002:7f00:1::',
    '2001::1',
    'fc00::1',
    'fd00:ec2::254',
    'fe80::1',
    'fec0::1',
    'ff02::1',
    '2001:db8::1',
  ])('counts %s as not public', (address) => {
    expect(refusedRange(address)).toBeDefined();
  });

  it.each(['8.8.8.8', '93.184.216.34', '172.32.0.1', '::ffff:8.8.8.8', '2606:4700::1111'])(
    'counts %s as public',
    (address) => {
      expect(refusedRange(address)).toBeUndefined();
    },
  );

  it.each([
    ['plain http', 'http://agent.example/x'],
    ['a loopback address', 'https://127.0.0.1/x'],
    ['one written as a number', 'https://2130706433/x'],
    ['one written in octal and short', 'https://0177.1/x'],
    ['one with a dot at its end', 'https://127.0.0.1./x'],
    ['the metadata address', 'https://169.254.169.254/latest/meta-data'],
    ['an IPv6 loopback address', 'https://[::1]/x'],
    ['a mapped address', 'https://[::ffff:169.254.169.254]/x'],
    ['a name of this machine', 'https://localhost/x'],
  ])('refuses %s, and says what to do', async (_what, url) => {
    const error = await send(url, NONE).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(EndpointRefused);
    expect(String(error)).toMatch(/allowedEndpoints.*--allow-private-endpoint/);
  });

  it('refuses what is no URL of a web server', async () => {
    await expect(send('file:///etc/passwd', NONE)).rejects.toThrow(EndpointRefused);
    await expect(send('not a url', { ...NONE, allowPrivate: true })).rejects.toThrow(EndpointRefused);
  });

  it('refuses a name of which any address is private, by the one look-up that connecting goes by', async () => {
    const asked: string[] = [];
    const resolve = resolver(asked, ['93.184.216.34', '169.254.169.254']);
    const client = createHttpClient({ policy: NONE, agent: guardedAgent(NONE, resolve) });
    const error = await client.send(request('https://agent.example/x')).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(EndpointRefused);
    expect(String(error)).toContain('linkLocal');
    expect(asked).toEqual(['agent.example']);
  });

  it('reaches a private endpoint whose origin is on the list, and no other port of it', async () => {
    const server = await serve(answers('Win!'));
    const policy = { allowedOrigins: [`${server.origin}/`], allowPrivate: false };
    expect((await send(`${server.origin}/x`, policy)).text).toContain('Win!');
    const other = await serve(answers('Win!'));
    await expect(send(`${other.origin}/x`, policy)).rejects.toThrow(EndpointRefused);
    expect(other.asked).toHaveLength(0);
  });

  it('reaches everything where this machine allows it', async () => {
    const server = await serve(answers('Win!'));
    expect((await send(`${server.origin}/x`, { allowedOrigins: [], allowPrivate: true })).status).toBe(200);
  });

  it('names an origin by its protocol, host and port', () => {
    expect(originOf('HTTPS://Agent.Example:443/path?q#f')).toBe('https://agent.example');
  });
});

describe('redirects', () => {
  it.each([
    'http://169.254.169.254/latest/meta-data',
    'https://169.254.169.254/latest/meta-data',
    'https://[fd00:ec2::254]/latest/meta-data',
  ])('does not follow one to %s', async (location) => {
    const server = await serve(status(307, { location }));
    await expect(send(server.origin, only(server))).rejects.toMatchObject({
      name: 'HttpFailed',
      kind: 'redirect',
      message: expect.stringContaining('only public https endpoints'),
    });
  });

  it('follows one with its body and, within the origin, with its credentials', async () => {
    const server = await serve((asked, response) =>
      asked.url === '/x' ? status(308, { location: '/y' })(asked, response) : answers('Win!')(asked, response),
    );
    const credentials = { authorization: 'Bearer token-123' };
    await send(`${server.origin}/x`, only(server), { credentials, body: '{"input_message":"q"}' });
    expect(server.asked.map(({ url, question }) => [url, question])).toEqual([
      ['/x', 'q'],
      ['/y', 'q'],
    ]);
    expect(server.asked[1]?.headers.authorization).toBe('Bearer token-123');
  });

  it('takes no credential to another origin, not even on the way back', async () => {
    const home: Server = await serve((asked, response) =>
      asked.url === '/x'
        ? status(307, { location: `${away.origin}/y` })(asked, response)
        : answers('Win!')(asked, response),
    );
    const away = await serve((asked, response) => status(307, { location: `${home.origin}/z` })(asked, response));
    const policy = { allowedOrigins: [home.origin, away.origin], allowPrivate: false };
    await send(`${home.origin}/x`, policy, { credentials: { authorization: 'Bearer t', 'x-api-key': 'k' } });
    const [, back] = home.asked;
    for (const asked of [away.asked[0], back]) {
      expect(asked).toBeDefined();
      expect(asked?.headers).not.toHaveProperty('authorization');
      expect(asked?.headers).not.toHaveProperty('x-api-key');
    }
  });

  it('does not make a GET of a POST, and does not go round for ever', async () => {
    const server = await serve((asked, response) =>
      status(asked.url === '/x' ? 302 : 307, { location: '/y' })(asked, response),
    );
    await expect(send(`${server.origin}/x`, only(server))).rejects.toMatchObject({ kind: 'redirect' });
    await expect(send(`${server.origin}/y`, only(server))).rejects.toMatchObject({ kind: 'redirect' });
    expect(server.asked).toHaveLength(1 + 6);
  });
});

describe('the caps on an answer', () => {
  it('reads no more than it may of an answer without end', async () => {
    const { reply, sent } = endless(1_073_741_824);
    const server = await serve(reply);
    await expect(send(server.origin, only(server), { maxBytes: 1_000_000 })).rejects.toMatchObject({
      kind: 'too_large',
    });
    // What was sent lay in buffers between the two: far from all of it.
    expect(sent.bytes).toBeLessThan(100_000_000);
  });

  it('gives up after the time for the whole answer, although bytes keep coming', async () => {
    const clock = fakeTimer();
    const server = await serve((_asked, response) => {
      response.write('x');
    });
    const answer = await send(
      server.origin,
      only(server),
      { timeoutMs: 300_000, inactivityMs: 60_000 },
      clock.timer,
      async () => {
        clock.advance(300_000);
      },
    ).catch((error: unknown) => error);
    expect(answer).toMatchObject({ kind: 'timeout' });
  });

  it('gives up on ten minutes of silence, before the headers and after', async () => {
    for (const reply of [silence, () => {}] satisfies Reply[]) {
      const clock = fakeTimer();
      const server = await serve((asked, response) => {
        reply(asked, response);
        setTimeout(() => clock.advance(600_000), 20);
      });
      const caps = { timeoutMs: 3_600_000, inactivityMs: 600_000 };
      await expect(send(server.origin, only(server), caps, clock.timer)).rejects.toMatchObject({
        kind: 'timeout',
        message: expect.stringContaining('600 seconds'),
      });
    }
  });

  it('lets go of the connection when an answer is given up', async () => {
    let gone = false;
    const server = await serve((asked, response) => {
      response.on('close', () => {
        gone = true;
      });
      return silence(asked, response);
    });
    const clock = fakeTimer();
    const client = createHttpClient({ policy: only(server), timer: clock.timer });
    (await client.send(request(server.origin))).close();
    await expect.poll(() => gone).toBe(true);
    expect(clock.pending()).toBe(0);
  });

  it('leaves no timer behind', async () => {
    const clock = fakeTimer();
    const server = await serve(byteByByte(part('Win!')));
    await send(server.origin, only(server), {}, clock.timer);
    expect(clock.pending()).toBe(0);
  });
});

describe('how a connection ends', () => {
  it('tells an answer that broke off from a whole one', async () => {
    const server = await serve(cut);
    await expect(send(server.origin, only(server))).rejects.toMatchObject({ kind: 'cut' });
  });

  it('tells that none began', async () => {
    const server = await serve(says(''));
    await server.close();
    servers.pop();
    await expect(send(server.origin, only(server))).rejects.toMatchObject({
      kind: 'connection',
      message: 'no connection (ECONNREFUSED)',
    });
  });

  it('says whether the answer marks its own end', async () => {
    const framed = await serve(answers('Win!'));
    expect((await send(framed.origin, only(framed))).framed).toBe(true);
    const unframed = await serve((_asked, response) => {
      response.useChunkedEncodingByDefault = false;
      response.write(part('Win!'));
      response.end();
    });
    expect((await send(unframed.origin, only(unframed))).framed).toBe(false);
  });

  it('shows no header and no body in an error', async () => {
    const server = await serve(cut);
    const secret = 'Bearer very-secret-token';
    const failed = await send(server.origin, only(server), {
      credentials: { authorization: secret },
      body: '"private"',
    }).catch((error: unknown) => error);
    expect(describeDeeply(failed)).not.toMatch(/very-secret-token|private/);
  });
});

const NONE: EndpointPolicy = { allowedOrigins: [], allowPrivate: false };
const only = (server: Server): EndpointPolicy => ({ allowedOrigins: [server.origin], allowPrivate: false });

async function serve(reply: Reply): Promise<Server> {
  const server = await startWorkflowServer(reply);
  servers.push(server);
  return server;
}

const request = (url: string, more: Partial<HttpRequest> = {}): HttpRequest => ({
  method: 'POST',
  url,
  body: '{}',
  timeoutMs: 10_000,
  inactivityMs: 10_000,
  maxBytes: 10_000_000,
  ...more,
});

async function send(
  url: string,
  policy: EndpointPolicy,
  more: Partial<HttpRequest> = {},
  timer?: Timer,
  afterFirst?: () => Promise<void>,
) {
  const client = createHttpClient({ policy, ...(timer && { timer }) });
  const response = await client.send(request(url, more));
  const pieces: Uint8Array[] = [];
  for await (const piece of response.body) {
    pieces.push(piece);
    await afterFirst?.();
  }
  return { status: response.status, framed: response.framed, text: Buffer.concat(pieces).toString() };
}

function resolver(asked: string[], addresses: readonly string[]): typeof lookup {
  const resolve = (hostname: string, _options: unknown, done: (error: null, addresses: object[]) => void) => {
    asked.push(hostname);
    done(
      null,
      addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
    );
  };
  return resolve as unknown as typeof lookup;
}

function describeDeeply(error: unknown): string {
  return error instanceof Error
    ? `${error.stack} ${JSON.stringify({ ...error })} ${describeDeeply(error.cause)}`
    : (JSON.stringify(error) ?? '');
}

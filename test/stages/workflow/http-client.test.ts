import { describe, expect, it } from 'vitest';
import { createHttpClient } from '../../../adapters/http/client.ts';
import { fakeTimer } from '../../support/fake-timer.ts';
import { only, request, send, serve } from '../../support/http-send.ts';
import { answers, byteByByte, cut, endless, part, type Reply, says, silence } from '../../support/workflow-server.ts';

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

function describeDeeply(error: unknown): string {
  return error instanceof Error
    ? `${error.stack} ${JSON.stringify({ ...error })} ${describeDeeply(error.cause)}`
    : (JSON.stringify(error) ?? '');
}

import { describe, expect, it } from 'vitest';
import { only, type Server, send, serve } from '../../support/http-send.ts';
import { answers, status } from '../../support/workflow-server.ts';

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
      message: expect.stringContaining("not in the stack's allowedEndpoints"),
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
    const policy = { reach: 'listed', origins: [home.origin, away.origin] } as const;
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

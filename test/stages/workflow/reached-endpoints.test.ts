import type { lookup } from 'node:dns';
import { describe, expect, it } from 'vitest';
import { refusedRange } from '../../../adapters/http/addresses.ts';
import { createHttpClient } from '../../../adapters/http/client.ts';
import { guardedAgent, originOf } from '../../../adapters/http/guard.ts';
import { EndpointRefused } from '../../../lib/stages/http.ts';
import { NONE, request, send, serve } from '../../support/http-send.ts';
import { answers } from '../../support/workflow-server.ts';

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
    expect(String(error)).toContain('--allow-private-endpoint');
  });

  it('refuses what is no URL of a web server', async () => {
    await expect(send('file:///etc/passwd', NONE)).rejects.toThrow(EndpointRefused);
    await expect(send('not a url', { reach: 'any' })).rejects.toThrow(EndpointRefused);
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
    const policy = { reach: 'listed', origins: [`${server.origin}/`] } as const;
    expect((await send(`${server.origin}/x`, policy)).text).toContain('Win!');
    const other = await serve(answers('Win!'));
    await expect(send(`${other.origin}/x`, policy)).rejects.toThrow(EndpointRefused);
    expect(other.asked).toHaveLength(0);
  });

  it('on AWS reaches no public endpoint that is not on the list, and looks no name up for it', async () => {
    const asked: string[] = [];
    const policy = { reach: 'listed', origins: ['https://agent.example'] } as const;
    const agent = guardedAgent(policy, resolver(asked, ['93.184.216.34']));
    const client = createHttpClient({ policy, agent });
    for (const url of ['https://example.com/x', 'https://agent.example:8443/x', 'https://93.184.216.34/x']) {
      await expect(client.send(request(url))).rejects.toThrow(/not in the stack's allowedEndpoints/);
    }
    expect(asked).toEqual([]);
  });

  it('reaches everything where this machine allows it', async () => {
    const server = await serve(answers('Win!'));
    expect((await send(`${server.origin}/x`, { reach: 'any' })).status).toBe(200);
  });

  it('names an origin by its protocol, host and port', () => {
    expect(originOf('HTTPS://Agent.Example:443/path?q#f')).toBe('https://agent.example');
  });
});

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

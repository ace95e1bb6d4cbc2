import { type LookupAddress, lookup as resolveName } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import { Agent, buildConnector } from 'undici';
import { EndpointRefused } from '../../lib/stages/http.ts';
import { refusedRange } from './addresses.ts';

/**
 * Which endpoints are reached. `listed`: these origins, whatever their protocol and address, and no other. `public`:
 * https at public addresses; `any`: all. The last two are for this machine only, where one person names the endpoint and
 * owns the data.
 */
export type EndpointPolicy =
  | { readonly reach: 'listed'; readonly origins: readonly string[] }
  | { readonly reach: 'public' }
  | { readonly reach: 'any' };

/**
 * A dispatcher for undici's `request` and `fetch` that connects to nothing the policy refuses. The check is in the
 * connector: it sees every connection, each redirect's too, and the address it looks at is the one then connected to,
 * so that a name which changes its mind between check and use gains nothing.
 */
export function guardedAgent(policy: EndpointPolicy, resolve: typeof resolveName = resolveName): Agent {
  const listed = policy.reach === 'listed' ? new Set(policy.origins.map(originOf)) : undefined;
  const open = buildConnector({});
  const guarded = buildConnector({ lookup: publicLookup(resolve) });
  return new Agent({
    connect(target, done) {
      const origin = originOf(`${target.protocol}//${target.host ?? target.hostname}`);
      if (policy.reach === 'any' || listed?.has(origin)) return open(target, done);
      if (listed) return done(notListed(origin), null);
      const refusal = refuse(origin, target.protocol, target.hostname);
      if (refusal) return done(refusal, null);
      guarded(target, done);
    },
  });
}

/** Protocol, host and port of a URL, with the default port left out. Throws EndpointRefused where it is no http(s) URL. */
export function originOf(url: string): string {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (!parsed || !/^https?:$/.test(parsed.protocol)) {
    throw new EndpointRefused(
      'the endpoint is not an http(s) URL: write it as https://host, with a port where it needs one',
    );
  }
  return parsed.origin;
}

function refuse(origin: string, protocol: string, hostname: string): EndpointRefused | undefined {
  if (protocol !== 'https:') return refused(origin, 'is not https');
  // An address in the URL is connected to without a look-up.
  const address = hostname.replace(/^\[(.*)\]$/, '$1');
  const range = isIP(address) === 0 ? undefined : refusedRange(address);
  return range === undefined ? undefined : refused(origin, `is not a public address (${range})`);
}

/** Resolves as usual, and fails where any of the name's addresses is not public: connecting picks among them all. */
const publicLookup =
  (resolve: typeof resolveName): LookupFunction =>
  (hostname, options, done) => {
    resolve(hostname, { ...options, all: true }, (error, addresses) => {
      if (error) return done(error, []);
      const range = addresses.map(({ address }) => refusedRange(address)).find((found) => found !== undefined);
      if (range !== undefined)
        return done(refused(hostname, `resolves to an address that is not public (${range})`), []);
      answer(addresses, options.all === true, done);
    });
  };

function answer(addresses: LookupAddress[], all: boolean, done: Parameters<LookupFunction>[2]): void {
  const [first] = addresses;
  if (all || !first) done(null, addresses);
  else done(null, first.address, first.family);
}

const refused = (what: string, why: string): EndpointRefused =>
  new EndpointRefused(
    `${what} ${why}; only public https endpoints are allowed. If you trust this one, run with --allow-private-endpoint`,
  );

const notListed = (origin: string): EndpointRefused =>
  new EndpointRefused(
    `${origin} is not in the stack's allowedEndpoints for this purpose, so nothing is sent there. If you trust it, add the origin with its purpose to the list`,
  );

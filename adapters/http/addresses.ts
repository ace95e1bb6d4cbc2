import ipaddr from 'ipaddr.js';

/**
 * Why an address is not a public one: the name of its range (`loopback`, `private`, `linkLocal`, …), or undefined
 * where it is public. IPv4 inside IPv6 counts as what it wraps or is refused with its range (mapped, NAT64, 6to4,
 * Teredo).
 */
export function refusedRange(address: string): string | undefined {
  if (!ipaddr.isValid(address)) return 'not an address';
  const parsed = ipaddr.process(address);
  const range = parsed.range();
  if (range !== 'unicast') return range;
  // ipaddr.js calls all that no RFC names unicast; of IPv6 only 2000::/3 is routed on the internet.
  if (parsed instanceof ipaddr.IPv6 && !parsed.match(GLOBAL_UNICAST)) return 'not global';
  return undefined;
}

const GLOBAL_UNICAST = ipaddr.IPv6.parseCIDR('2000::/3');

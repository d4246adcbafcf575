import { isInside } from './cidr.ts';
import { readAddress } from './ip-address.ts';

/**
 * Where a request comes from: the other end of the connection, or, when that is a trusted proxy, the nearest address in
 * `X-Forwarded-For` that is none. Anything further left in that header is the client's own word, and not believed.
 *
 * @param peer The other end of the connection, null when the runtime does not know it.
 * @param forwardedFor The header, when there is one.
 * @param trustedProxies Networks in CIDR form.
 */
export function addressBehind(
  peer: string | null,
  forwardedFor: string | undefined,
  trustedProxies: readonly string[],
): string | null {
  if (peer === null || trustedProxies.length === 0 || !isInside(peer, trustedProxies)) return peer;
  const hops = forwardedFor?.split(',').map(addressIn) ?? [];
  // What is no address ends the search: nothing left of it can be trusted.
  const nearest = hops.findLast((hop) => hop === null || !isInside(hop, trustedProxies));
  return nearest ?? peer;
}

/** The address in a hop; some proxies add a port, or brackets. null when there is none. */
function addressIn(hop: string): string | null {
  const text = hop.trim();
  const address =
    /^\[([^\]]+)\](?::\d+)?$/.exec(text)?.[1] ?? /^(\d+\.\d+\.\d+\.\d+):\d+$/.exec(text)?.[1] ?? text;
  return readAddress(address) === null ? null : address;
}

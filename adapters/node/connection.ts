import { isIP } from 'node:net';
import type { HttpBindings } from '@hono/node-server';
import { getConnInfo } from '@hono/node-server/conninfo';
import type { Context } from 'hono';
import { isInside } from '../../src/access/cidr.ts';

/**
 * Where a request comes from: the other end of the connection, or, when that is a trusted proxy, the nearest address in
 * `X-Forwarded-For` that is none. Anything further left in that header is the client's own word, and not believed.
 *
 * @param trustedProxies Networks in CIDR form.
 */
export function clientAddress(trustedProxies: readonly string[]): (c: Context) => string | null {
  return function addressOf(c) {
    const peer = getConnInfo(c).remote.address ?? null;
    if (peer === null || trustedProxies.length === 0 || !isInside(peer, trustedProxies)) return peer;
    const hops = c.req.header('x-forwarded-for')?.split(',').map(addressIn) ?? [];
    // What is no address ends the search: nothing left of it can be trusted.
    const nearest = hops.findLast((hop) => hop === null || !isInside(hop, trustedProxies));
    return nearest ?? peer;
  };
}

/** The path and query of a request before any URL parser has seen them. */
export function requestTarget(c: Context): string {
  return (c.env as HttpBindings).incoming.url ?? '';
}

/**
 * A body as Node itself has it: a web stream copies each part, and garbage of that size is collected late. Who stops reading leaves the
 * connection alone, for an answer is still to be sent on it.
 */
export function requestBody(c: Context): AsyncIterable<Uint8Array> | null {
  const { incoming } = c.env as HttpBindings;
  const hasBody = 'content-length' in incoming.headers || 'transfer-encoding' in incoming.headers;
  return hasBody ? { [Symbol.asyncIterator]: () => incoming.iterator({ destroyOnReturn: false }) } : null;
}

/** The address in a hop; some proxies add a port, or brackets. null when there is none. */
function addressIn(hop: string): string | null {
  const text = hop.trim();
  const address =
    /^\[([^\]]+)\](?::\d+)?$/.exec(text)?.[1] ?? /^(\d+\.\d+\.\d+\.\d+):\d+$/.exec(text)?.[1] ?? text;
  return isIP(address) === 0 ? null : address;
}

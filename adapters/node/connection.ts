import type { HttpBindings } from '@hono/node-server';
import type { Context } from 'hono';
import { addressBehind } from '../../src/access/client-address.ts';

/**
 * Where a request comes from, seen through trusted proxies.
 *
 * @param trustedProxies Networks in CIDR form.
 */
export function clientAddress(trustedProxies: readonly string[]): (c: Context) => string | null {
  return function addressOf(c) {
    const peer = (c.env as HttpBindings).incoming.socket.remoteAddress ?? null;
    return addressBehind(peer, c.req.header('x-forwarded-for'), trustedProxies);
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

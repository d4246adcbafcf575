import type { HttpBindings } from '@hono/node-server';
import { getConnInfo } from '@hono/node-server/conninfo';
import type { Context } from 'hono';
import { addressBehind } from '../../src/access/client-address.ts';

/**
 * Where a request comes from, seen through trusted proxies.
 *
 * @param trustedProxies Networks in CIDR form.
 */
export function clientAddress(trustedProxies: readonly string[]): (c: Context) => string | null {
  return function addressOf(c) {
    const peer = getConnInfo(c).remote.address ?? null;
    return addressBehind(peer, c.req.header('x-forwarded-for'), trustedProxies);
  };
}

/** The path and query of a request before any URL parser has seen them. */
export function requestTarget(c: Context): string {
  return (c.env as HttpBindings).incoming.url ?? '';
}

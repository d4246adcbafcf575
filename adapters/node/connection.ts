import type { HttpBindings } from '@hono/node-server';
import type { Context } from 'hono';

/** The other end of the connection. */
export function peerAddress(c: Context): string | null {
  return (c.env as HttpBindings).incoming.socket.remoteAddress ?? null;
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

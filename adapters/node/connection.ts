import type { HttpBindings } from '@hono/node-server';
import type { Context } from 'hono';

export function peerAddress(c: Context): string | null {
  return (c.env as HttpBindings).incoming.socket.remoteAddress ?? null;
}

/** Path and query as received, before URL parsing. */
export function requestTarget(c: Context): string {
  return (c.env as HttpBindings).incoming.url ?? '';
}

/**
 * The body as Node's own stream, since a web stream copies each chunk. A reader that stops early leaves the connection open for the
 * response.
 */
export function requestBody(c: Context): AsyncIterable<Uint8Array> | null {
  const { incoming } = c.env as HttpBindings;
  const hasBody = 'content-length' in incoming.headers || 'transfer-encoding' in incoming.headers;
  return hasBody ? { [Symbol.asyncIterator]: () => incoming.iterator({ destroyOnReturn: false }) } : null;
}

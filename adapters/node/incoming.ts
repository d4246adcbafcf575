import type { IncomingMessage } from 'node:http';
import type { HttpBindings } from '@hono/node-server';
import type { Context } from 'hono';
import { ComputeError } from '../../src/compute/errors.ts';
import { parseHost } from '../../src/http/host.ts';
import { splitObjectName } from '../../src/http/object-name.ts';
import {
  hasDotSegment,
  invalidHost,
  invalidTarget,
  parseRequestTarget,
} from '../../src/http/request-target.ts';

/** A host for URLs of requests that name none, or none that is valid. */
const DEFAULT_HOST = 'localhost';

const rejections = new WeakMap<object, ComputeError>();

/** Targets of objects whose names a URL would not keep. */
const targets = new WeakMap<object, string>();

/**
 * Validates Host and target of a request once, before any URL is built, and leaves them in one form for all that follows: `url` in
 * origin form, `headers.host` as the authority of URLs. What is invalid is refused by the pipeline (`unreadable`), in the dialect
 * of its path.
 */
export function normalizeRequest(incoming: IncomingMessage): void {
  const { headers, httpVersionMajor, url = '' } = incoming;
  const parsed = parseRequestTarget(url);
  const host = hostOf(incoming);
  if (httpVersionMajor !== 1) rejectRequest(incoming, new ComputeError('invalid', 'Use HTTP/1.1.'));
  else if (parsed === null) rejectRequest(incoming, invalidTarget());
  else if (host === null) rejectRequest(incoming, invalidHost());
  incoming.url = parsed === null ? leadingPath(url) : routable(incoming, parsed.target);
  headers.host = parsed?.authority ?? host ?? DEFAULT_HOST;
}

/** What URLs are built of: a parser would resolve the dots in an object's name, which leaves another path. */
function routable(incoming: IncomingMessage, target: string): string {
  const { container, name } = splitObjectName(target);
  if (name === '' || !hasDotSegment(`/${name}`)) return target;
  targets.set(incoming, target);
  return `${container}-${target.slice(container.length + name.length)}`;
}

/** Has the pipeline end this request with `problem`. */
export function rejectRequest(incoming: object, problem: ComputeError): void {
  rejections.set(incoming, problem);
}

/** Why a request is refused before its route is looked up; null: it is not. */
export function rejectionOf(c: Context): ComputeError | null {
  return rejections.get((c.env as HttpBindings).incoming) ?? null;
}

/** The authority of the Host field; null when it is missing where HTTP/1.1 needs it, repeated or invalid. */
function hostOf({ headers, rawHeaders, httpVersion, socket }: IncomingMessage): string | null {
  if (headers.host === undefined) return httpVersion === '1.0' ? localAuthority(socket) : null;
  return countHosts(rawHeaders) === 1 ? parseHost(headers.host) : null;
}

/** Node keeps the first of several Host fields and drops the others. */
function countHosts(rawHeaders: readonly string[]): number {
  let count = 0;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index];
    if (name?.length === 4 && name.toLowerCase() === 'host') count += 1;
  }
  return count;
}

/** Where a client of HTTP/1.0 that names no host has found the gateway. */
function localAuthority({ localAddress, localPort }: IncomingMessage['socket']): string {
  const address = localAddress?.replace(/^::ffff:(?=\d)/, '') ?? '';
  return parseHost(`${address.includes(':') ? `[${address}]` : address}:${localPort}`) ?? DEFAULT_HOST;
}

/** The path by which the dialect of a refusal is chosen. */
export function leadingPath(target: string): string {
  const [part = ''] = /^\/[\w./-]*/.exec(target) ?? [];
  return part === '' ? '/' : part;
}

export function peerAddress(c: Context): string | null {
  return (c.env as HttpBindings).incoming.socket.remoteAddress ?? null;
}

/** Of a request that the gateway sends itself for that of `c`: from the same peer, to another target. */
export function ownEnv(c: Context, target: string): object {
  const { socket } = (c.env as HttpBindings).incoming;
  return { incoming: { url: target, headers: {}, socket } };
}

/** Path and query as received, before URL parsing. */
export function requestTarget(c: Context): string {
  const { incoming } = c.env as HttpBindings;
  return targets.get(incoming) ?? incoming.url ?? '';
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

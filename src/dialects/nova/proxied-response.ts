/**
 * The cloud's answers as customers hear them: their headers, and links that lead to the gateway.
 *
 * @module
 */

import { CLOUD_REQUEST_ID } from '../../http/request-log.ts';
import type { ResponseHeaders } from '../../http/response-headers.ts';
import { responseHeaders } from './headers.ts';
import { cachedRewriter } from './links.ts';
import type { CloudSession, UpstreamResponse } from './pass-through.ts';

const JSON_TYPE = /^application\/(?:[\w.-]+\+)?json\b/i;
const decoder = new TextDecoder();

/** Ready to be told, once or more often. */
export interface ProxiedResponse {
  readonly status: number;
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string>>;
  /** JSON that came whole is text. */
  readonly body: string | Uint8Array | ReadableStream<Uint8Array> | null;
}

export function rewriteResponse(
  { status, headers: given, body }: UpstreamResponse,
  roots: CloudSession['roots'],
  publicUrl: string,
): ProxiedResponse {
  const headers = responseHeaders(status, given);
  const links = cachedRewriter(roots, publicUrl);
  for (const name of ['location', 'content-location']) {
    const address = headers[name];
    if (address !== undefined) headers[name] = links.address(address);
  }
  headers['cache-control'] ??= 'no-store';
  if (body === null || !JSON_TYPE.test(headers['content-type'] ?? '')) return { status, headers, body };
  const { 'content-length': _, ...others } = headers;
  const rewritten =
    body instanceof Uint8Array ? links.json(decoder.decode(body)) : body.pipeThrough(links.stream());
  return { status, headers: others, body: rewritten };
}

/** @param responseHeaders What the gateway says with it. */
export function toResponse(
  responseHeaders: ResponseHeaders,
  { status, headers, body }: ProxiedResponse,
): Response {
  const cloudId = headers['x-openstack-request-id'];
  if (cloudId !== undefined) responseHeaders.set(CLOUD_REQUEST_ID, cloudId);
  return responseHeaders.respondWith(body, status, headers);
}

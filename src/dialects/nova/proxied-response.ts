/**
 * The cloud's responses as the gateway sends them: with its headers, and links that lead to the gateway.
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

export interface ProxiedResponse {
  readonly status: number;
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string>>;
  /** JSON that was read whole is text. */
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
  if (body === null || !isJson(headers)) return { status, headers, body };
  const { 'content-length': _, ...others } = headers;
  const rewritten =
    body instanceof Uint8Array ? links.json(decoder.decode(body)) : body.pipeThrough(links.stream());
  return { status, headers: others, body: rewritten };
}

export function isJson(headers: Readonly<Record<string, string>>): boolean {
  return JSON_TYPE.test(headers['content-type'] ?? '');
}

/** @param gathered The gateway's own headers. */
export function toResponse(gathered: ResponseHeaders, { status, headers, body }: ProxiedResponse): Response {
  return withCloudId(gathered, headers).respondWith(body, status, headers);
}

/** Keeps the stage `requestLog` from rebuilding a response that has the cloud's request id. */
export function withCloudId(
  gathered: ResponseHeaders,
  headers: Readonly<Record<string, string>>,
): ResponseHeaders {
  const cloudId = headers['x-openstack-request-id'];
  if (cloudId !== undefined) gathered.set(CLOUD_REQUEST_ID, cloudId);
  return gathered;
}

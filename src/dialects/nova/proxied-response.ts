import { ComputeError } from '../../compute/errors.ts';
import { CLOUD_REQUEST_ID } from '../../http/request-log.ts';
import type { ResponseHeaders } from '../../http/response-headers.ts';
import { responseHeaders } from './headers.ts';
import { cachedRewriter, type GatewayUrls, type Removed } from './links.ts';
import type { CloudSession, ForwardedResponse } from './pass-through.ts';

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
  { status, headers: given, body }: ForwardedResponse,
  roots: CloudSession['roots'],
  urls: GatewayUrls,
  /** Of Nova: what is removed. */
  nova: Pick<Removed, 'prefix'> | null = null,
): ProxiedResponse {
  const headers = responseHeaders(status, given);
  const removed = nova && { ...nova, isAnywhere: status >= 400 };
  const links = cachedRewriter(roots, urls, removed);
  for (const name of ['location', 'content-location']) {
    const address = headers[name];
    if (address !== undefined) headers[name] = links.address(address);
  }
  const challenge = headers['www-authenticate'];
  if (challenge !== undefined) headers['www-authenticate'] = links.json(challenge);
  headers['cache-control'] ??= 'no-store';
  if (isRedirect(status) && body !== null && !isJson(headers)) return withoutBody(status, headers, body);
  if (body === null || !isJson(headers)) return { status, headers, body };
  const { 'content-length': _, ...others } = headers;
  const rewritten =
    body instanceof Uint8Array ? links.json(decoder.decode(body)) : body.pipeThrough(links.stream());
  return { status, headers: others, body: rewritten };
}

function isRedirect(status: number): boolean {
  return status > 300 && status < 400 && status !== 304;
}

/** A page that names the new address once more, and the cloud's own. */
function withoutBody(
  status: number,
  { 'content-type': _, 'content-length': __, ...headers }: Readonly<Record<string, string>>,
  body: Uint8Array | ReadableStream<Uint8Array>,
): ProxiedResponse {
  if (body instanceof ReadableStream) void body.cancel();
  return { status, headers, body: null };
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

/** Reads a JSON response of at most `maxBytes` whole; any other is still to be streamed. */
export async function readSmall(response: ForwardedResponse, maxBytes: number): Promise<ForwardedResponse> {
  const { status, headers, body } = response;
  const isTooLarge = Number(headers['content-length']) > maxBytes;
  if (status !== 200 || isTooLarge || !(body instanceof ReadableStream) || !isJson(headers)) return response;
  const reader = body.getReader();
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let length = 0;
  try {
    while (length <= maxBytes) {
      const { done, value } = await reader.read();
      if (done) return { ...response, body: new Uint8Array(await new Blob(chunks).arrayBuffer()) };
      chunks.push(value as Uint8Array<ArrayBuffer>);
      length += value.length;
    }
  } catch (cause) {
    throw new ComputeError('bad_gateway', 'The cloud ended its response early.', { cause });
  }
  return { ...response, body: streamOf(chunks, reader) };
}

/** The chunks, then the rest of what was being read. */
function streamOf(
  chunks: Uint8Array[],
  rest: ReadableStreamDefaultReader<Uint8Array>,
): ReadableStream<Uint8Array> {
  return new ReadableStream({
    async pull(controller) {
      const next = chunks.shift() ?? (await rest.read()).value;
      if (next === undefined) controller.close();
      else controller.enqueue(next);
    },
    cancel: (reason) => rest.cancel(reason),
  });
}

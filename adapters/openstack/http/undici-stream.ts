import { Readable } from 'node:stream';
import type { Agent, Dispatcher } from 'undici';
import {
  IDLE_MILLISECONDS,
  isStream,
  type StreamedAnswer,
  type StreamedRequest,
  WHOLE_BYTES,
} from './stream.ts';
import { TransportError } from './transport.ts';

/**
 * `StreamingTransport.open` over a pool of connections.
 *
 * @param neverConnected Whether a failure came before a connection stood.
 */
export async function openOver(
  agent: Agent,
  request: StreamedRequest,
  deadline: number,
  neverConnected: (error: unknown) => boolean,
): Promise<StreamedAnswer> {
  const streams = isStream(request.body);
  const patience = streams ? IDLE_MILLISECONDS : Math.max(1, deadline - Date.now());
  let late = false;
  const ending = new AbortController();
  // undici's own timeouts begin when a connection is free; waiting for one counts as well.
  const timer = setTimeout(() => {
    late = true;
    if (!streams) ending.abort();
  }, patience);
  try {
    const answer = await agent.request({
      origin: request.origin,
      path: request.path,
      method: request.method as Dispatcher.HttpMethod,
      headers: request.headers,
      // undici reads any iterable, which its types do not tell.
      body: request.body as Uint8Array | null,
      // It starts anew with each part that is sent.
      headersTimeout: patience,
      bodyTimeout: IDLE_MILLISECONDS,
      signal: ending.signal,
    });
    const headers = headersOf(answer.headers);
    return { status: answer.statusCode, headers, body: await bodyOf(answer, headers, request.method) };
  } catch (cause) {
    const timedOut = (late && !streams) || isTimeout(cause);
    throw new TransportError('no answer', { sent: !neverConnected(cause), timedOut, cause });
  } finally {
    clearTimeout(timer);
  }
}

async function bodyOf(
  { body, statusCode }: Dispatcher.ResponseData,
  headers: Headers,
  method: string,
): Promise<StreamedAnswer['body']> {
  const length = headers.get('content-length');
  if (method === 'HEAD' || statusCode === 204 || statusCode === 304 || length === '0') {
    await body.dump();
    return null;
  }
  if (length !== null && Number(length) <= WHOLE_BYTES) return body.bytes();
  return Readable.toWeb(body) as ReadableStream<Uint8Array>;
}

function headersOf(given: Dispatcher.ResponseData['headers']): Headers {
  const headers = new Headers();
  for (const [name, value] of Object.entries(given)) {
    for (const one of Array.isArray(value) ? value : [value]) {
      if (one !== undefined) headers.append(name, one);
    }
  }
  return headers;
}

function isTimeout(error: unknown): boolean {
  return error instanceof Error && 'code' in error && /_TIMEOUT$/.test(String(error.code));
}

import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { pipeline, Readable } from 'node:stream';
import { errors } from 'undici';
import { clientBody } from './client-body.ts';
import type { StreamedResponse, UpstreamRequest } from './transport.ts';
import { Disconnected, joined, TimedOut } from './undici-exchange.ts';

/** A service that ignores the expectation waits for the body: after this time it is sent (RFC 9110, section 10.1.1). */
const CONTINUE_TIMEOUT_MS = 5_000;

interface Timeouts {
  readonly connectMs: number;
  readonly idleMs: number;
}

/**
 * Sends a head with `Expect: 100-continue`, which undici does not speak, and reads the body only once the service asks for it. Each
 * request has a connection of its own: what an unread body leaves of one, nothing else can use.
 */
export function openExpecting(
  request: UpstreamRequest & { readonly body: AsyncIterable<Uint8Array> },
  { connectMs, idleMs }: Timeouts,
  authorities: { readonly ca?: string[] },
): Promise<StreamedResponse> {
  const { url, method, signal } = request;
  const [, origin = '', path = '/'] = /^(https?:\/\/[^/]+)(\/.*)?$/s.exec(url) ?? [];
  const headers = { ...request.headers, expect: '100-continue' };
  const open = origin.startsWith('https:') ? requestHttps : requestHttp;
  return new Promise((resolve, reject) => {
    const sent = open(origin, { ...authorities, path, method, headers, agent: false });
    const leave = () => {
      sent.destroy(new Disconnected());
    };
    let timeout: Error = new errors.ConnectTimeoutError();
    let isBodySent = false;
    const sendBody = () => {
      clearTimeout(waiting);
      if (isBodySent || sent.destroyed) return;
      isBodySent = true;
      pipeline(clientBody(request.body, leave), sent, () => {});
    };
    const waiting = setTimeout(sendBody, CONTINUE_TIMEOUT_MS);
    const settle = () => {
      clearTimeout(waiting);
      signal?.removeEventListener('abort', leave);
    };
    signal?.addEventListener('abort', leave);
    sent.setTimeout(connectMs, () => sent.destroy(timeout));
    sent.on('socket', (socket) =>
      socket.once('connect', () => {
        timeout = new TimedOut();
        sent.setTimeout(idleMs);
      }),
    );
    sent.on('continue', sendBody);
    sent.on('error', (error) => {
      settle();
      reject(error);
    });
    sent.on('response', (response) => {
      settle();
      response.once('close', () => sent.destroy());
      const { statusCode: status = 0, headersDistinct } = response;
      const isEmpty = status === 204 || status === 304;
      const body = isEmpty ? null : (Readable.toWeb(response) as ReadableStream<Uint8Array>);
      if (isEmpty) response.resume();
      resolve({ status, headers: joined(headersDistinct), body });
    });
    if (signal?.aborted) leave();
  });
}

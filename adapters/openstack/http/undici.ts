import { rootCertificates } from 'node:tls';
import { Agent, errors } from 'undici';
import { MAX_CONCURRENT_CALLS } from './concurrency-limiter.ts';
import type { StreamingTransport } from './stream.ts';
import { MAX_RESPONSE_BYTES, type Transport, TransportError } from './transport.ts';
import { bufferedRequest } from './undici-buffered.ts';
import { openOver } from './undici-stream.ts';

export interface UndiciTransportOptions {
  /** PEM certificates to trust beside the runtime's own (`OS_CACERT`). */
  readonly ca?: string | undefined;
}

const CONNECT_MILLISECONDS = 3_000;

/** Connections to one origin: enough for all that `guard.ts` lets run, should all four services share it. */
const CONNECTIONS = 4 * MAX_CONCURRENT_CALLS;

/** Node's transport: a pool of kept connections for each service. */
export function undiciTransport(options: UndiciTransportOptions = {}): Transport & StreamingTransport {
  const connect = {
    timeout: CONNECT_MILLISECONDS,
    ...(options.ca === undefined ? {} : { ca: [...rootCertificates, options.ca] }),
  };
  // Of its own, for what is passed through has no largest size, and must not keep the gateway's own calls waiting.
  const streams = new Agent({ connections: CONNECTIONS, connect });
  const agent = new Agent({
    connections: CONNECTIONS,
    connect,
    maxResponseSize: MAX_RESPONSE_BYTES,
    // The request's own deadline ends it.
    headersTimeout: 0,
    bodyTimeout: 0,
  });
  return {
    async send(request, signal) {
      const { origin, pathname, search } = new URL(request.url);
      const { method, headers, body = null } = request;
      try {
        return await bufferedRequest(
          agent,
          { origin, path: pathname + search, method, headers, body },
          signal,
        );
      } catch (cause) {
        throw new TransportError('no answer', {
          sent: !neverConnected(cause),
          timedOut: signal.aborted,
          tooLarge: cause instanceof errors.ResponseExceededMaxSizeError,
          cause,
        });
      }
    },
    connections: CONNECTIONS,
    open: (request, deadline) => openOver(streams, request, deadline, neverConnected),
    async close() {
      await Promise.all([agent.close(), streams.close()]);
    },
  };
}

const NEVER_CONNECTED = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH']);

/** Whether the failure came before a connection stood, so that no byte of the request can have left. */
function neverConnected(error: unknown): boolean {
  if (error instanceof errors.ConnectTimeoutError) return true;
  if (error instanceof AggregateError) return error.errors.every(neverConnected);
  return error instanceof Error && 'code' in error && NEVER_CONNECTED.has(String(error.code));
}

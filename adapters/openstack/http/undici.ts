import { rootCertificates } from 'node:tls';
import { Agent, type Dispatcher, errors } from 'undici';
import { type MonotonicMs, remainingMs } from '../../../src/clock.ts';
import { clientBody, IDLE_TIMEOUT_MS } from './client-body.ts';
import { MAX_CONCURRENT_CALLS } from './concurrency-limiter.ts';
import { openExpecting } from './expect-continue.ts';
import {
  isStream,
  type StreamedResponse,
  type Transport,
  TransportError,
  type UpstreamRequest,
} from './transport.ts';
import { Disconnected, Exchange, ResponseTooLarge, TimedOut } from './undici-exchange.ts';

export interface UndiciTransportOptions {
  /** PEM certificates to trust in addition to the runtime's own (`OS_CACERT`). */
  readonly ca?: string | undefined;
}

const CONNECT_TIMEOUT_MS = 3_000;

/** To one origin: enough for all concurrent calls, should four services share it. */
const MAX_CONNECTIONS = 4 * MAX_CONCURRENT_CALLS;

/** Node's transport: a connection pool per origin. */
export function undiciTransport(options: UndiciTransportOptions = {}): Transport {
  const authorities = options.ca === undefined ? {} : { ca: [...rootCertificates, options.ca] };
  const connect = { timeout: CONNECT_TIMEOUT_MS, ...authorities };
  const buffered = new Agent({ connections: MAX_CONNECTIONS, connect });
  // Pools of their own: a slow download must not take a connection from the gateway's own calls.
  const streamed = new Agent({ connections: MAX_CONNECTIONS, connect });
  return {
    maxConnections: MAX_CONNECTIONS,
    open(request, deadline) {
      const { body, expectsContinue } = request;
      if (!expectsContinue || !isStream(body))
        return dispatch(request.buffered ? buffered : streamed, request, deadline);
      const timeouts = { connectMs: CONNECT_TIMEOUT_MS, idleMs: uploadTimeoutMs(deadline) };
      return openExpecting({ ...request, body }, timeouts, authorities).catch((cause) => {
        throw transportError(cause);
      });
    },
    async close() {
      await Promise.all([buffered.close(), streamed.close()]);
    },
  };
}

function dispatch(agent: Agent, request: UpstreamRequest, deadline: MonotonicMs): Promise<StreamedResponse> {
  return new Promise((resolve, reject) => {
    const { url, headers, body = null, signal, buffered = false } = request;
    const fail = (cause: unknown) => reject(transportError(cause));
    if (signal?.aborted) return fail(new Disconnected());
    const method = request.method as Dispatcher.HttpMethod;
    const timeoutMs = isStream(body) ? null : Math.max(1, remainingMs(deadline));
    const pathStart = url.indexOf('/', 'https://'.length);
    agent.dispatch(
      {
        origin: pathStart < 0 ? url : url.slice(0, pathStart),
        path: pathStart < 0 ? '/' : url.slice(pathStart),
        method,
        headers,
        // undici takes any iterable, which its types do not declare.
        body: (isStream(body) ? clientBody(body) : body) as Uint8Array | null,
        // The timer of the exchange bounds buffered calls. For streams this restarts with each part sent.
        headersTimeout: buffered ? 0 : (timeoutMs ?? uploadTimeoutMs(deadline)),
        bodyTimeout: buffered ? 0 : IDLE_TIMEOUT_MS,
      },
      new Exchange({ method, buffered, timeoutMs, signal, resolve, reject: fail }),
    );
  });
}

/** What the cloud may take of a streamed body, and then with its response: a manifest of many segments is a small body and long work. */
function uploadTimeoutMs(deadline: MonotonicMs): number {
  return Math.max(IDLE_TIMEOUT_MS, remainingMs(deadline));
}

function transportError(cause: unknown): TransportError {
  return new TransportError('no response', {
    sent: !neverConnected(cause),
    // Only a service that was reached can be slow: an unanswered connection attempt counts as unreachable, and may be retried.
    timedOut: cause instanceof TimedOut || (!neverConnected(cause) && hasTimeoutCode(cause)),
    tooLarge: cause instanceof ResponseTooLarge,
    abandoned: cause instanceof Disconnected,
    cause,
  });
}

const NEVER_CONNECTED = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH']);

/** Whether the failure preceded the connection, so that no byte of the request can have left. */
function neverConnected(error: unknown): boolean {
  if (error instanceof errors.ConnectTimeoutError) return true;
  if (error instanceof AggregateError) return error.errors.every(neverConnected);
  return error instanceof Error && 'code' in error && NEVER_CONNECTED.has(String(error.code));
}

function hasTimeoutCode(error: unknown): boolean {
  return error instanceof Error && 'code' in error && /_TIMEOUT$/.test(String(error.code));
}

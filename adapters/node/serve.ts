import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { Server as NetServer, type Socket } from 'node:net';
import { getRequestListener, type Http2Bindings, type HttpBindings } from '@hono/node-server';
import { ComputeError } from '../../src/compute/errors.ts';
import type { Logger } from '../../src/telemetry/logger.ts';
import type { Metrics } from '../../src/telemetry/metrics.ts';
import { type ParseError, parseErrorResponder, problemOf } from './client-error.ts';
import { Connections } from './connections.ts';
import { closeAfterResponse, continueWhenRead } from './expectation.ts';
import { normalizeRequest, rejectRequest } from './incoming.ts';

export interface RunningServer {
  /** With the port that was given when 0 was asked for. */
  readonly url: string;
  /**
   * Stops taking connections, lets requests in flight finish, and resolves when the last has.
   */
  stop(): Promise<void>;
}

export interface ServeOptions {
  /** Gets Node's own request and response as `env`. */
  readonly fetch: (request: Request, env: object) => Response | Promise<Response>;
  readonly host: string;
  readonly port: number;
  /** Milliseconds a request may take to arrive in full; image data is large. */
  readonly requestTimeoutMs: number;
  /** What a response may take to begin, milliseconds; absent: no longer than anything may stand still. */
  readonly responseTimeoutMs?: number;
  /** How long a connection may be idle between two requests, in seconds. */
  readonly keepAliveSeconds: number;
  /** Clients that may be connected; null: any number. */
  readonly maxConnections: number | null;
  readonly log: Logger;
  readonly metrics: Metrics;
}

/** What the head of a request may take to arrive, milliseconds. */
const HEAD_TIMEOUT_MS = 30_000;

/** How long nothing may move on a connection, in either direction, milliseconds, but while a response is waited for. */
const IDLE_TIMEOUT_MS = 90_000;

/** How long a kept connection may still be idle once the server stops, milliseconds. */
const SHUTDOWN_IDLE_TIMEOUT_MS = 1_000;

/** Serves a fetch handler over HTTP. Rejects when the address cannot be had. */
export async function serve(options: ServeOptions): Promise<RunningServer> {
  let stopping = false;
  let stopped: Promise<void> | undefined;
  /** A kept connection would hold up the stop until its client lets go. */
  const closeIfDraining = (response: Response) => {
    if (stopping) response.headers.set('connection', 'close');
    return response;
  };
  const { responseTimeoutMs = IDLE_TIMEOUT_MS } = options;
  const respond = getRequestListener((request, env: Http2Bindings | HttpBindings) => {
    // Looked at when the answer is there; what is there at once is handed on at once.
    const response = options.fetch(request, env);
    if (!(response instanceof Promise)) return closeIfDraining(response);
    const { socket } = env.incoming;
    if (responseTimeoutMs > IDLE_TIMEOUT_MS) socket.setTimeout(responseTimeoutMs);
    return response
      .finally(() => {
        if (responseTimeoutMs > IDLE_TIMEOUT_MS) socket.setTimeout(IDLE_TIMEOUT_MS);
      })
      .then(closeIfDraining);
  });
  const onRequest = (incoming: IncomingMessage, outgoing: ServerResponse) => {
    connections.trackResponse(incoming.socket, outgoing);
    normalizeRequest(incoming);
    return respond(incoming, outgoing);
  };
  const server = createServer(
    {
      requestTimeout: options.requestTimeoutMs,
      headersTimeout: Math.min(HEAD_TIMEOUT_MS, options.requestTimeoutMs),
      keepAliveTimeout: options.keepAliveSeconds * 1000,
      // The pipeline refuses a request of HTTP/1.1 without one; HTTP/1.0 needs none.
      requireHostHeader: false,
    },
    onRequest,
  );
  // Their size is bounded. A bound on their number drops those at the end, which are a proxy's.
  server.maxHeadersCount = 0;
  const connections = new Connections(server, { ...options, max: options.maxConnections });
  const respondToParseError = parseErrorResponder(options.fetch, connections.lastResponse);
  server.on('clientError', (error: ParseError, socket) => {
    const problem = socket.writable ? problemOf(error, socket as Socket) : null;
    if (problem === null) socket.destroy();
    else respondToParseError(problem, socket as Socket, error.rawPacket);
  });
  server.on('connect', (_, socket) => {
    respondToParseError(
      new ComputeError('invalid', 'CONNECT is not supported: the gateway is no proxy.'),
      socket as Socket,
    );
  });
  server.on('checkContinue', (incoming, outgoing) => {
    continueWhenRead(incoming, outgoing);
    onRequest(incoming, outgoing);
  });
  server.on('checkExpectation', (incoming, outgoing) => {
    rejectRequest(
      incoming,
      new ComputeError('expectation_failed', 'The only expectation that is met is 100-continue.'),
    );
    closeAfterResponse(incoming, outgoing);
    onRequest(incoming, outgoing);
  });
  server.setTimeout(IDLE_TIMEOUT_MS);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, options.host, () => resolve());
  });
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : options.port;
  const host = options.host.includes(':') ? `[${options.host}]` : options.host;
  return {
    url: `http://${host}:${port}`,
    stop() {
      stopped ??= shutdownGracefully(server, connections);
      stopping = true;
      return stopped;
    },
  };
}

/**
 * Not `server.close()`, which cuts idle connections at once: a client may be sending on one of them just then. They get a
 * moment in which their next request is answered with `Connection: close`.
 */
function shutdownGracefully(server: Server, connections: Connections): Promise<void> {
  const sweep = setInterval(() => {
    server.closeIdleConnections();
    connections.closeUnused();
  }, SHUTDOWN_IDLE_TIMEOUT_MS);
  return new Promise((resolve) => {
    NetServer.prototype.close.call(server, () => {
      clearInterval(sweep);
      resolve();
    });
  });
}

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
  /** With the actual port if `port` is 0. */
  readonly url: string;
  /** Resolves once no connection is open, with the number of requests that had to be cut. */
  stop(): Promise<number>;
}

export interface ServeOptions {
  /** `env` has Node's own request and response. */
  readonly fetch: (request: Request, env: object) => Response | Promise<Response>;
  readonly host: string;
  readonly port: number;
  readonly receiveTimeoutMs: number;
  /** To the first byte of a response; by default the idle timeout. */
  readonly responseTimeoutMs?: number;
  readonly keepAliveSeconds: number;
  /** What requests in flight have when the server stops; by default 65 s. */
  readonly shutdownMs?: number;
  /** null: unlimited. */
  readonly maxConnections: number | null;
  readonly log: Logger;
  readonly metrics: Metrics;
}

const HEAD_TIMEOUT_MS = 30_000;

/** Without traffic in either direction, except while a response is awaited. */
const IDLE_TIMEOUT_MS = 90_000;

/** systemd and Kubernetes kill after 75 s; before that, a pod waits 5 s for its removal from the service, and records are written. */
const SHUTDOWN_TIMEOUT_MS = 65_000;

/** Of keep-alive connections during shutdown. */
const SHUTDOWN_IDLE_TIMEOUT_MS = 1_000;

/** Serves a fetch handler over HTTP. Rejects if it cannot listen. */
export async function serve(options: ServeOptions): Promise<RunningServer> {
  let stopping = false;
  let stopped: Promise<number> | undefined;
  // Keep-alive would delay the shutdown.
  const closeIfDraining = (response: Response) => {
    if (stopping) response.headers.set('connection', 'close');
    return response;
  };
  const { responseTimeoutMs = IDLE_TIMEOUT_MS } = options;
  const respond = getRequestListener((request, env: Http2Bindings | HttpBindings) => {
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
      requestTimeout: options.receiveTimeoutMs,
      headersTimeout: Math.min(HEAD_TIMEOUT_MS, options.receiveTimeoutMs),
      keepAliveTimeout: options.keepAliveSeconds * 1000,
      // The pipeline rejects HTTP/1.1 requests without Host; HTTP/1.0 needs none.
      requireHostHeader: false,
    },
    onRequest,
  );
  // Unlimited, since their size is bounded: a limit would drop the last headers, which a proxy added.
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
      new ComputeError('invalid', 'CONNECT is not supported: the gateway is not a forward proxy.'),
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
      new ComputeError('expectation_failed', 'The only supported expectation is 100-continue.'),
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
      stopped ??= shutdownGracefully(server, connections, options);
      stopping = true;
      return stopped;
    },
  };
}

/**
 * Unlike `server.close()`, does not cut idle connections immediately, on which a request may be arriving: for a grace period their
 * next response carries `Connection: close`. After `shutdownMs` the rest is cut.
 */
function shutdownGracefully(
  server: Server,
  connections: Connections,
  { shutdownMs = SHUTDOWN_TIMEOUT_MS, log }: ServeOptions,
): Promise<number> {
  let requests = 0;
  const cut = setTimeout(() => {
    requests = connections.closeAll();
    if (requests > 0) log.warn('requests_cut', { requests });
  }, shutdownMs);
  const sweep = setInterval(() => {
    server.closeIdleConnections();
    connections.closeUnused();
  }, SHUTDOWN_IDLE_TIMEOUT_MS);
  return new Promise((resolve) => {
    NetServer.prototype.close.call(server, () => {
      clearInterval(sweep);
      clearTimeout(cut);
      resolve(requests);
    });
  });
}

import { readFileSync } from 'node:fs';
import type { Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Logger } from '../../src/telemetry/logger.ts';
import type { Metrics } from '../../src/telemetry/metrics.ts';

/** Descriptors for the cloud, stores and logs: half of them, and no more than this. */
const MAX_RESERVED = 512;
/** How often the log says so while connections are closed for others, in milliseconds. */
const LOG_INTERVAL_MS = 60_000;

/** How many clients may be connected, by the descriptors that this process may open; null: the system does not say. */
export function connectionLimit(): number | null {
  try {
    const limits = readFileSync('/proc/self/limits', 'utf8');
    const [, soft] = /^Max open files\s+(\d+)/m.exec(limits) ?? [];
    const descriptors = Number(soft);
    return descriptors > 0 ? descriptors - Math.min(MAX_RESERVED, Math.ceil(descriptors / 2)) : null;
  } catch {
    return null;
  }
}

export interface ConnectionPorts {
  /** null: as many as there are descriptors. */
  readonly max: number | null;
  readonly log: Logger;
  readonly metrics: Metrics;
}

/** The clients that are connected, and the last response of each. Bounded: one that waits for nothing makes way for the next. */
export class Connections {
  readonly #ports: ConnectionPorts;
  /** In the order in which they came; null before the first request. */
  readonly #open = new Map<Socket, ServerResponse | null>();
  #loggedAt = Number.NEGATIVE_INFINITY;

  constructor(server: Server, ports: ConnectionPorts) {
    this.#ports = ports;
    server.on('connection', (socket: Socket) => {
      if (ports.max !== null && this.#open.size >= ports.max) this.#evictFor(socket);
      if (socket.destroyed) return;
      this.#open.set(socket, null);
      socket.once('close', () => this.#open.delete(socket));
    });
  }

  /** Notes the response that a connection is busy with until it is finished. */
  trackResponse(socket: Socket, outgoing: ServerResponse): void {
    this.#open.set(socket, outgoing);
  }

  /** The last response of a connection. */
  readonly lastResponse = (socket: Socket): ServerResponse | null => this.#open.get(socket) ?? null;

  /** Closes those that never sent a request. */
  closeUnused(): void {
    for (const [socket, outgoing] of this.#open) if (outgoing === null) socket.destroy();
  }

  /** The oldest connection without any request goes, else the oldest idle one, else the new one. */
  #evictFor(arriving: Socket): void {
    const unused = this.#find((outgoing) => outgoing === null);
    const idle = unused ?? this.#find((outgoing) => outgoing === null || outgoing.writableFinished);
    const reason = unused !== undefined ? 'no_request' : idle !== undefined ? 'idle' : 'rejected';
    const { log, metrics, max } = this.#ports;
    metrics.count('connections_closed', { reason });
    if (performance.now() - this.#loggedAt >= LOG_INTERVAL_MS) {
      this.#loggedAt = performance.now();
      log.warn('connection_limit_reached', { limit: max, reason });
    }
    (idle ?? arriving).destroy();
    if (idle !== undefined) this.#open.delete(idle);
  }

  #find(predicate: (outgoing: ServerResponse | null) => boolean): Socket | undefined {
    for (const [socket, outgoing] of this.#open) if (predicate(outgoing)) return socket;
    return undefined;
  }
}

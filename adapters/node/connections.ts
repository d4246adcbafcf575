import { readFileSync } from 'node:fs';
import type { Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Logger } from '../../src/telemetry/logger.ts';
import type { Metrics } from '../../src/telemetry/metrics.ts';

/** Half of the descriptors, and at most this many, are reserved for the cloud, stores and logs. */
const MAX_RESERVED = 512;
/** Minimum interval of `connection_limit_reached`. */
const LOG_INTERVAL_MS = 60_000;

/** Maximum number of clients by the limit on open files; null: unknown. */
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
  /** null: unlimited. */
  readonly max: number | null;
  readonly log: Logger;
  readonly metrics: Metrics;
}

/** Bounds the number of connections by closing idle ones, and tracks the last response of each. */
export class Connections {
  readonly #ports: ConnectionPorts;
  /** Oldest first; null before the first request. */
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

  trackResponse(socket: Socket, outgoing: ServerResponse): void {
    this.#open.set(socket, outgoing);
  }

  readonly lastResponse = (socket: Socket): ServerResponse | null => this.#open.get(socket) ?? null;

  closeUnused(): void {
    for (const [socket, outgoing] of this.#open) if (outgoing === null) socket.destroy();
  }

  /** Closes every connection. @returns how many responses were unfinished. */
  closeAll(): number {
    const unfinished = [...this.#open.values()].filter((outgoing) => outgoing?.writableFinished === false);
    for (const socket of this.#open.keys()) socket.destroy();
    return unfinished.length;
  }

  /** Closes the oldest connection without any request, else the oldest idle one, else the new one. */
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

const LINGER_MS = 1_000;

/**
 * Closes a connection after discarding further input for a second. Closing with unread bytes would send a reset, which can discard the
 * response at the client.
 */
export function linger(socket: Socket): void {
  if (socket.destroyed) return;
  const timer = setTimeout(() => socket.destroy(), LINGER_MS);
  socket.once('end', () => socket.destroy());
  socket.once('close', () => clearTimeout(timer));
  socket.end();
  socket.resume();
}

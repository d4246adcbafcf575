/**
 * Per endpoint (origin and service): a circuit breaker, and a limit on concurrent calls with a fair share for each tenant. So a
 * service that is down or slow delays no request that does not need it, and no tenant's calls make those of another wait.
 *
 * @module
 */

import type { MonotonicMs } from '../../../src/clock.ts';
import { ComputeError } from '../../../src/compute/errors.ts';
import type { Logger } from '../../../src/telemetry/logger.ts';
import type { Metrics } from '../../../src/telemetry/metrics.ts';
import { Breaker, type BreakerOptions } from './breaker.ts';
import { ConcurrencyLimiter, type ConcurrencyLimiterOptions } from './concurrency-limiter.ts';
import {
  isStream,
  onBodyEnd,
  type ServiceType,
  type StreamedResponse,
  type Transport,
  type UpstreamRequest,
} from './transport.ts';

export interface ResilientTransportPorts {
  readonly log?: Logger | undefined;
  readonly metrics?: Metrics | undefined;
}

/** Other than the defaults, for tests. */
export type ResilienceOptions = BreakerOptions & ConcurrencyLimiterOptions;

interface Endpoint {
  readonly service: ServiceType;
  /** Its version document, which needs no token. */
  readonly root: string;
  readonly breaker: Breaker;
  readonly limiter: ConcurrencyLimiter;
}

const ORIGIN = /^https?:\/\/[^/?]+/;
/** An address up to the version of the API: any response from there but 5xx shows that the service is up. */
const VERSIONED = /^https?:\/\/[^?]*?\/v\d+(\.\d+)?(?=[/?]|$)/;

/** The tenant of the gateway's own calls. */
const GATEWAY = 'gateway';

/** Transport decorator; rejects with `ComputeError` `unavailable`, `notApplied`, instead of calling a failing endpoint. */
export class ResilientTransport implements Transport {
  readonly #transport: Transport;
  readonly #ports: ResilientTransportPorts;
  readonly #options: ResilienceOptions;
  /** By service and origin: as many as the cloud's catalog has. */
  readonly #endpoints = new Map<string, Endpoint>();
  /** By origin: connections in use by streamed responses. */
  readonly #connections = new Map<string, ConcurrencyLimiter>();

  constructor(transport: Transport, ports: ResilientTransportPorts, options: ResilienceOptions = {}) {
    this.#transport = transport;
    this.#ports = ports;
    this.#options = options;
    ports.metrics?.beforeExpose(() => this.#reportMetrics());
  }

  /** Services whose circuit is open. */
  get down(): readonly ServiceType[] {
    const down = [...this.#endpoints.values()].filter(({ breaker }) => breaker.open);
    return down.map(({ service }) => service);
  }

  /** Probes endpoints whose circuit may close, so that recovery needs no customer's request. */
  async probe(deadline: MonotonicMs): Promise<void> {
    const due = [...this.#endpoints.values()].filter(({ breaker }) => breaker.open && !breaker.isRejecting);
    const headers = { accept: 'application/json' };
    const probes = due.map(({ service, root: url }) =>
      this.open({ service, method: 'GET', url, headers, buffered: true }, deadline),
    );
    await Promise.allSettled(probes);
  }

  async open(request: UpstreamRequest, deadline: MonotonicMs): Promise<StreamedResponse> {
    const endpoint = this.#endpointOf(request);
    const call = () => this.#timed(request, () => this.#transport.open(request, deadline));
    try {
      if (!request.urgent) endpoint.breaker.assertClosed();
      return await (request.buffered
        ? this.#buffered(endpoint, request, deadline, call)
        : this.#streamed(endpoint, request, deadline, call));
    } catch (error) {
      this.#countRejection(error, endpoint);
      throw error;
    }
  }

  close(): Promise<void> {
    return this.#transport.close();
  }

  /** Urgent calls are cleanup: done once, within seconds, or left behind. So they are sent even when the circuit is open. */
  #buffered(
    { breaker, limiter }: Endpoint,
    { tenant = GATEWAY, urgent = false, method }: UpstreamRequest,
    deadline: MonotonicMs,
    call: () => Promise<StreamedResponse>,
  ): Promise<StreamedResponse> {
    return limiter.run(tenant, urgent, deadline, () =>
      urgent && breaker.open ? call() : breaker.run(call, method === 'GET'),
    );
  }

  /**
   * The slot is held until the head of the response has come; uploads, which take their time, hold none. A connection is counted
   * until the body has come, so that no tenant holds them all by reading slowly.
   */
  async #streamed(
    { breaker, limiter }: Endpoint,
    { tenant = GATEWAY, url, body }: UpstreamRequest,
    deadline: MonotonicMs,
    call: () => Promise<StreamedResponse>,
  ): Promise<StreamedResponse> {
    const connections = this.#connectionsTo(originOf(url));
    await connections?.acquire(tenant, false, deadline);
    const release = () => connections?.release(tenant);
    try {
      const run = () => breaker.run(call, false);
      const response = await (isStream(body) ? run() : limiter.run(tenant, false, deadline, run));
      if (connections !== null && response.body instanceof ReadableStream)
        return { ...response, body: onBodyEnd(response.body, release) };
      release();
      return response;
    } catch (error) {
      release();
      throw error;
    }
  }

  #countRejection(error: unknown, { service, breaker }: Endpoint): void {
    if (!(error instanceof ComputeError)) return;
    const reason = breaker.open ? 'breaker_open' : 'concurrency_limit';
    this.#ports.metrics?.count('upstream_rejections', { service, reason });
  }

  async #timed(
    { service, method }: UpstreamRequest,
    call: () => Promise<StreamedResponse>,
  ): Promise<StreamedResponse> {
    const started = performance.now();
    let status = 'none';
    try {
      const response = await call();
      status = `${Math.floor(response.status / 100)}xx`;
      return response;
    } finally {
      const seconds = (performance.now() - started) / 1000;
      this.#ports.metrics?.observe('upstream_duration_seconds', seconds, { service, method, status });
    }
  }

  #endpointOf({ service, url }: UpstreamRequest): Endpoint {
    const origin = originOf(url);
    const key = `${service} ${origin}`;
    let endpoint = this.#endpoints.get(key);
    if (endpoint === undefined) {
      endpoint = {
        service,
        root: VERSIONED.exec(url)?.[0] ?? origin,
        breaker: new Breaker((open) => this.#logBreaker(service, origin, open), this.#options),
        limiter: new ConcurrencyLimiter(this.#options),
      };
      this.#endpoints.set(key, endpoint);
    }
    return endpoint;
  }

  /** null when the transport has no limit. */
  #connectionsTo(origin: string): ConcurrencyLimiter | null {
    const { maxConnections } = this.#transport;
    if (maxConnections === undefined) return null;
    let connections = this.#connections.get(origin);
    if (connections === undefined) {
      connections = new ConcurrencyLimiter({ ...this.#options, maxConcurrent: maxConnections });
      this.#connections.set(origin, connections);
    }
    return connections;
  }

  #logBreaker(service: ServiceType, origin: string, open: boolean): void {
    const { log } = this.#ports;
    if (open) log?.warn('upstream_breaker_opened', { service, origin });
    else log?.info('upstream_breaker_closed', { service, origin });
  }

  /** Open circuits and calls in flight, by service. */
  get services(): readonly { service: ServiceType; open: number; running: number }[] {
    const sums = new Map<ServiceType, { open: number; running: number }>();
    for (const { service, breaker, limiter } of this.#endpoints.values()) {
      const { open, running } = sums.get(service) ?? { open: 0, running: 0 };
      sums.set(service, { open: open + Number(breaker.open), running: running + limiter.running });
    }
    return [...sums].map(([service, sum]) => ({ service, ...sum }));
  }

  #reportMetrics(): void {
    for (const { service, open, running } of this.services) {
      this.#ports.metrics?.set('upstream_breakers_open', open, { service });
      this.#ports.metrics?.set('upstream_calls_in_flight', running, { service });
    }
  }
}

function originOf(url: string): string {
  return ORIGIN.exec(url)?.[0] ?? url;
}

/**
 * Per endpoint (region, service and origin): a circuit breaker, and a limit on concurrent calls with a fair share for each tenant. So a
 * service that is down or slow delays no request that does not need it, and no tenant's calls make those of another wait.
 *
 * @module
 */

import { type MonotonicMs, monotonicMs } from '../../../src/clock.ts';
import { ComputeError } from '../../../src/compute/errors.ts';
import type { LogFields, Logger } from '../../../src/telemetry/logger.ts';
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
  readonly region: string;
  readonly service: ServiceType;
  /** Its version document, which needs no token. */
  readonly root: string;
  readonly breaker: Breaker;
  readonly limiter: ConcurrencyLimiter;
  /** The last call, other than a probe. */
  usedAt: MonotonicMs;
}

const ORIGIN = /^https?:\/\/[^/?]+/;
/** An address up to the version of the API: any response from there but 5xx shows that the service is up. */
const VERSIONED = /^https?:\/\/[^?]*?\/v\d+(\.\d+)?(?=[/?]|$)/;

/** About a token's lifetime: an endpoint that had no call for so long may have left the catalog, and would never recover. */
const UNUSED_AFTER_MS = 3_600_000;

/** The tenant of the gateway's own calls. */
const GATEWAY = 'gateway';

/** Transport decorator; rejects with `ComputeError` `unavailable`, `notApplied`, instead of calling a failing endpoint. */
export class ResilientTransport implements Transport {
  readonly #transport: Transport;
  readonly #ports: ResilientTransportPorts;
  readonly #options: ResilienceOptions;
  /** By region, service and origin: as many as the cloud's catalog has. */
  readonly #endpoints = new Map<string, Endpoint>();
  /** By region and origin: connections in use by streamed responses. */
  readonly #connections = new Map<string, ConcurrencyLimiter>();

  constructor(transport: Transport, ports: ResilientTransportPorts, options: ResilienceOptions = {}) {
    this.#transport = transport;
    this.#ports = ports;
    this.#options = options;
    ports.metrics?.beforeExpose(() => this.#reportMetrics());
  }

  /** Services of a region whose circuit is open; identity, which all regions share, is one of each. */
  downIn(region: string): readonly ServiceType[] {
    const down = this.#of(region).filter(isDown);
    return down.map(({ service }) => service);
  }

  /** Probes endpoints of a region whose circuit may close, so that recovery needs no customer's request. */
  async probe(region: string, deadline: MonotonicMs): Promise<void> {
    const due = this.#of(region).filter((one) => isDown(one) && !one.breaker.isRejecting);
    const headers = { accept: 'application/json' };
    const probes = due.map((endpoint) => {
      const { service, root: url } = endpoint;
      return this.#open(endpoint, { region, service, method: 'GET', url, headers, buffered: true }, deadline);
    });
    await Promise.allSettled(probes);
  }

  #of(region: string): Endpoint[] {
    return [...this.#endpoints.values()].filter((one) => one.region === region || one.service === 'identity');
  }

  open(request: UpstreamRequest, deadline: MonotonicMs): Promise<StreamedResponse> {
    const endpoint = this.#endpointOf(request);
    endpoint.usedAt = monotonicMs();
    return this.#open(endpoint, request, deadline);
  }

  async #open(
    endpoint: Endpoint,
    request: UpstreamRequest,
    deadline: MonotonicMs,
  ): Promise<StreamedResponse> {
    const call = () => this.#timed(endpoint, request, () => this.#transport.open(request, deadline));
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
    { region = '', tenant = GATEWAY, url, body }: UpstreamRequest,
    deadline: MonotonicMs,
    call: () => Promise<StreamedResponse>,
  ): Promise<StreamedResponse> {
    const connections = this.#connectionsTo(`${region} ${originOf(url)}`);
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

  #countRejection(error: unknown, { region, service, breaker }: Endpoint): void {
    if (!(error instanceof ComputeError)) return;
    const reason = breaker.open ? 'breaker_open' : 'concurrency_limit';
    this.#ports.metrics?.count('upstream_rejections', { region, service, reason });
  }

  async #timed(
    { region, service }: Endpoint,
    { method }: UpstreamRequest,
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
      const labels = { region, service, method, status };
      this.#ports.metrics?.observe('upstream_duration_seconds', seconds, labels);
    }
  }

  #endpointOf({ region: given = '', service, url }: UpstreamRequest): Endpoint {
    const origin = originOf(url);
    const region = service === 'identity' ? '' : given;
    const key = JSON.stringify([region, service, origin]);
    let endpoint = this.#endpoints.get(key);
    if (endpoint === undefined) {
      endpoint = {
        region,
        service,
        root: VERSIONED.exec(url)?.[0] ?? origin,
        breaker: new Breaker((open) => this.#logBreaker({ region, service, origin }, open), this.#options),
        limiter: new ConcurrencyLimiter(this.#options),
        usedAt: monotonicMs(),
      };
      this.#endpoints.set(key, endpoint);
    }
    return endpoint;
  }

  /** null when the transport has no limit. */
  #connectionsTo(regionAndOrigin: string): ConcurrencyLimiter | null {
    const { maxConnections } = this.#transport;
    if (maxConnections === undefined) return null;
    let connections = this.#connections.get(regionAndOrigin);
    if (connections === undefined) {
      connections = new ConcurrencyLimiter({ ...this.#options, maxConcurrent: maxConnections });
      this.#connections.set(regionAndOrigin, connections);
    }
    return connections;
  }

  #logBreaker(fields: LogFields, open: boolean): void {
    const { log } = this.#ports;
    if (open) log?.warn('upstream_breaker_opened', fields);
    else log?.info('upstream_breaker_closed', fields);
  }

  /** Open circuits and calls in flight, by region and service. */
  get services(): readonly ServiceLoad[] {
    const sums = new Map<string, ServiceLoad>();
    for (const endpoint of this.#endpoints.values()) {
      const { region, service, limiter } = endpoint;
      const key = JSON.stringify([region, service]);
      const { open, running } = sums.get(key) ?? { open: 0, running: 0 };
      const sum = { open: open + Number(isDown(endpoint)), running: running + limiter.running };
      sums.set(key, { region, service, ...sum });
    }
    return [...sums.values()];
  }

  #reportMetrics(): void {
    for (const { region, service, open, running } of this.services) {
      this.#ports.metrics?.set('upstream_breakers_open', open, { region, service });
      this.#ports.metrics?.set('upstream_calls_in_flight', running, { region, service });
    }
  }
}

function isDown({ breaker, usedAt }: Endpoint): boolean {
  return breaker.open && monotonicMs() - usedAt < UNUSED_AFTER_MS;
}

interface ServiceLoad {
  /** Empty of identity. */
  readonly region: string;
  readonly service: ServiceType;
  readonly open: number;
  readonly running: number;
}

function originOf(url: string): string {
  return ORIGIN.exec(url)?.[0] ?? url;
}

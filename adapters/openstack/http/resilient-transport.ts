/**
 * Protects the cloud from the gateway, and the gateway from the cloud: for each endpoint (origin and service) a circuit breaker
 * and a bound on calls at a time, with a fair share for each tenant. So a service that is down or slow holds nobody up who does
 * not need it, and no tenant's calls make those of another wait.
 *
 * What is urgent, undoing and tidying up, is tried whatever the breaker says, and goes first where calls wait: it is done once,
 * within seconds, or left behind.
 *
 * @module
 */

import { type MonotonicMs, remainingMs } from '../../../src/clock.ts';
import { ComputeError } from '../../../src/compute/errors.ts';
import type { Logger } from '../../../src/telemetry/logger.ts';
import type { Metrics } from '../../../src/telemetry/metrics.ts';
import { Breaker, type BreakerOptions } from './breaker.ts';
import { ConcurrencyLimiter, type ConcurrencyLimiterOptions } from './concurrency-limiter.ts';
import {
  isStream,
  onBodyEnd,
  type StreamedRequest,
  type StreamedResponse,
  type StreamingTransport,
} from './stream.ts';
import type { ServiceType, Transport, UpstreamRequest, UpstreamResponse } from './transport.ts';

export interface ResilientTransportPorts {
  readonly log?: Logger | undefined;
  readonly metrics?: Metrics | undefined;
}

/** Beyond its defaults, for tests. */
export type ResilienceOptions = BreakerOptions & ConcurrencyLimiterOptions;

interface Endpoint {
  readonly service: ServiceType;
  /** Where it tells its version, to whoever asks. */
  readonly root: string;
  readonly breaker: Breaker;
  readonly limiter: ConcurrencyLimiter;
}

/** An address up to the version of the API: whatever a service answers there, short of 5xx, tells that it is well. */
const VERSIONED = /^https?:\/\/[^?]*?\/v\d+(\.\d+)?(?=[/?]|$)/;

/** The tenant of what the gateway does for itself. */
const GATEWAY = 'gateway';

/** A transport that refuses, with `ComputeError` `unavailable` and `notApplied`, what an endpoint should be spared. */
export class ResilientTransport implements Transport, StreamingTransport {
  readonly #transport: Transport & Partial<StreamingTransport>;
  readonly #ports: ResilientTransportPorts;
  readonly #options: ResilienceOptions;
  /** By origin and service: as many as the catalog of the cloud has. */
  readonly #endpoints = new Map<string, Endpoint>();
  /** By origin: each exchange that is passed through holds a connection until its body has come. */
  readonly #exchanges = new Map<string, ConcurrencyLimiter>();

  constructor(
    transport: Transport & Partial<StreamingTransport>,
    ports: ResilientTransportPorts,
    options: ResilienceOptions = {},
  ) {
    this.#transport = transport;
    this.#ports = ports;
    this.#options = options;
    ports.metrics?.beforeExpose(() => this.#reportMetrics());
  }

  /** Services that are not well, as far as is known. */
  get down(): readonly ServiceType[] {
    const down = [...this.#endpoints.values()].filter(({ breaker }) => breaker.open);
    return down.map(({ service }) => service);
  }

  /** Asks those that are down and have rested, so that they are found again without a customer's request. */
  async probe(signal: AbortSignal): Promise<void> {
    const rested = [...this.#endpoints.values()].filter(
      ({ breaker }) => breaker.open && !breaker.isRejecting,
    );
    const asked = rested.map(({ service, root }) =>
      this.send({ service, method: 'GET', url: root, headers: { accept: 'application/json' } }, signal),
    );
    await Promise.allSettled(asked);
  }

  async send(request: UpstreamRequest, signal: AbortSignal): Promise<UpstreamResponse> {
    const { urgent = false, tenant = GATEWAY } = request;
    const { service, breaker, limiter: gate } = this.#endpointOf(request.service, request.url);
    const call = () => this.#timed(request, () => this.#transport.send(request, signal));
    try {
      if (!urgent) breaker.assertClosed();
      if (!gate.tryAcquire(tenant, urgent)) await gate.acquire(tenant, urgent, signal);
      try {
        return await (urgent && breaker.open ? call() : breaker.run(call, request.method === 'GET'));
      } finally {
        gate.release(tenant);
      }
    } catch (error) {
      this.#countRefusal(error, service, breaker);
      throw error;
    }
  }

  /**
   * A call's place is held until the head of the answer is there, and not by uploads, which take their time. An exchange's place
   * is held until its body has come, so that no tenant holds all connections by reading slowly.
   */
  async open(request: StreamedRequest, deadline: MonotonicMs): Promise<StreamedResponse> {
    const { tenant = GATEWAY } = request;
    const {
      service,
      breaker,
      limiter: gate,
    } = this.#endpointOf(request.service, request.origin + request.path);
    const transport = this.#transport;
    const open = transport.open?.bind(transport);
    if (open === undefined) throw new ComputeError('not_implemented', 'Nothing is passed through here.');
    const call = () => this.#timed(request, () => open(request, deadline));
    const exchanges = this.#exchangesWith(request.origin);
    try {
      breaker.assertClosed();
      await enter(exchanges, tenant, deadline);
      const over = () => exchanges.release(tenant);
      try {
        const answer = isStream(request.body)
          ? await breaker.run(call, false)
          : await inside(gate, tenant, deadline, () => breaker.run(call, false));
        const isOpen = answer.body instanceof ReadableStream && transport.connections !== undefined;
        if (isOpen) return { ...answer, body: onBodyEnd(answer.body, over) };
        over();
        return answer;
      } catch (error) {
        over();
        throw error;
      }
    } catch (error) {
      this.#countRefusal(error, service, breaker);
      throw error;
    }
  }

  close(): Promise<void> {
    return this.#transport.close();
  }

  #countRefusal(error: unknown, service: ServiceType, breaker: Breaker): void {
    if (!(error instanceof ComputeError)) return;
    this.#ports.metrics?.count('upstream_rejections', {
      service,
      reason: breaker.open ? 'breaker_open' : 'concurrency_limit',
    });
  }

  async #timed<Answer extends { readonly status: number }>(
    { service, method }: { readonly service: ServiceType; readonly method: string },
    call: () => Promise<Answer>,
  ): Promise<Answer> {
    const started = performance.now();
    let status = 'none';
    try {
      const answer = await call();
      status = `${Math.floor(answer.status / 100)}xx`;
      return answer;
    } finally {
      const seconds = (performance.now() - started) / 1000;
      this.#ports.metrics?.observe('upstream_duration_seconds', seconds, { service, method, status });
    }
  }

  #endpointOf(service: ServiceType, url: string): Endpoint {
    const [origin = url] = /^https?:\/\/[^/?]+/.exec(url) ?? [];
    const key = `${service} ${origin}`;
    const known = this.#endpoints.get(key);
    if (known !== undefined) return known;
    const made: Endpoint = {
      service,
      root: VERSIONED.exec(url)?.[0] ?? origin,
      breaker: new Breaker((open) => this.#logBreaker(service, origin, open), this.#options),
      limiter: new ConcurrencyLimiter(this.#options),
    };
    this.#endpoints.set(key, made);
    return made;
  }

  #exchangesWith(origin: string): ConcurrencyLimiter {
    const known = this.#exchanges.get(origin);
    if (known !== undefined) return known;
    const { connections = Number.POSITIVE_INFINITY } = this.#transport;
    const made = new ConcurrencyLimiter({ ...this.#options, maxConcurrent: connections });
    this.#exchanges.set(origin, made);
    return made;
  }

  #logBreaker(service: ServiceType, origin: string, open: boolean): void {
    const { log } = this.#ports;
    if (open) log?.warn('upstream_breaker_opened', { service, origin });
    else log?.info('upstream_breaker_closed', { service, origin });
  }

  #reportMetrics(): void {
    const sums = new Map<ServiceType, { open: number; running: number }>();
    for (const { service, breaker, limiter: gate } of this.#endpoints.values()) {
      const { open, running } = sums.get(service) ?? { open: 0, running: 0 };
      sums.set(service, { open: open + Number(breaker.open), running: running + gate.running });
    }
    for (const [service, { open, running }] of sums) {
      this.#ports.metrics?.set('upstream_breakers_open', open, { service });
      this.#ports.metrics?.set('upstream_calls_in_flight', running, { service });
    }
  }
}

async function enter(gate: ConcurrencyLimiter, tenant: string, deadline: MonotonicMs): Promise<void> {
  if (gate.tryAcquire(tenant, false)) return;
  const ending = new AbortController();
  const timer = setTimeout(() => ending.abort(), remainingMs(deadline));
  try {
    await gate.acquire(tenant, false, ending.signal);
  } finally {
    clearTimeout(timer);
  }
}

async function inside<Answer>(
  gate: ConcurrencyLimiter,
  tenant: string,
  deadline: MonotonicMs,
  call: () => Promise<Answer>,
): Promise<Answer> {
  await enter(gate, tenant, deadline);
  try {
    return await call();
  } finally {
    gate.release(tenant);
  }
}

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
import { Gate, type GateOptions } from './gate.ts';
import {
  isStream,
  type StreamedAnswer,
  type StreamedRequest,
  type StreamingTransport,
  untilOver,
} from './stream.ts';
import type { Transport, UpstreamRequest, UpstreamResponse } from './transport.ts';
import type { ServiceType } from './upstream-error.ts';

export interface GuardPorts {
  readonly log?: Logger | undefined;
  readonly metrics?: Metrics | undefined;
}

/** Beyond its defaults, for tests. */
export type GuardOptions = BreakerOptions & GateOptions;

interface Endpoint {
  readonly service: ServiceType;
  /** Where it tells its version, to whoever asks. */
  readonly root: string;
  readonly breaker: Breaker;
  readonly gate: Gate;
}

/** An address up to the version of the API: whatever a service answers there, short of 5xx, tells that it is well. */
const VERSIONED = /^https?:\/\/[^?]*?\/v\d+(\.\d+)?(?=[/?]|$)/;

/** The tenant of what the gateway does for itself. */
const GATEWAY = 'gateway';

/** A transport that refuses, with `ComputeError` `unavailable` and `notApplied`, what an endpoint should be spared. */
export class Guard implements Transport, StreamingTransport {
  readonly #transport: Transport & Partial<StreamingTransport>;
  readonly #ports: GuardPorts;
  readonly #options: GuardOptions;
  /** By origin and service: as many as the catalog of the cloud has. */
  readonly #endpoints = new Map<string, Endpoint>();
  /** By origin: each exchange that is passed through holds a connection until its body has come. */
  readonly #exchanges = new Map<string, Gate>();

  constructor(
    transport: Transport & Partial<StreamingTransport>,
    ports: GuardPorts,
    options: GuardOptions = {},
  ) {
    this.#transport = transport;
    this.#ports = ports;
    this.#options = options;
    ports.metrics?.beforeExpose(() => this.#tellMetrics());
  }

  /** Services that are not well, as far as is known. */
  get down(): readonly ServiceType[] {
    const down = [...this.#endpoints.values()].filter(({ breaker }) => breaker.open);
    return down.map(({ service }) => service);
  }

  /** Asks those that are down and have rested, so that they are found again without a customer's request. */
  async probe(signal: AbortSignal): Promise<void> {
    const rested = [...this.#endpoints.values()].filter(({ breaker }) => breaker.open && !breaker.refuses);
    const asked = rested.map(({ service, root }) =>
      this.send({ service, method: 'GET', url: root, headers: { accept: 'application/json' } }, signal),
    );
    await Promise.allSettled(asked);
  }

  async send(request: UpstreamRequest, signal: AbortSignal): Promise<UpstreamResponse> {
    const { urgent = false, tenant = GATEWAY } = request;
    const { service, breaker, gate } = this.#endpointOf(request.service, request.url);
    const call = () => this.#timed(request, () => this.#transport.send(request, signal));
    try {
      if (!urgent) breaker.assertLetsThrough();
      if (!gate.tryEnter(tenant, urgent)) await gate.wait(tenant, urgent, signal);
      try {
        return await (urgent && breaker.open ? call() : breaker.run(call, request.method === 'GET'));
      } finally {
        gate.leave(tenant);
      }
    } catch (error) {
      this.#tellRefusal(error, service, breaker);
      throw error;
    }
  }

  /**
   * A call's place is held until the head of the answer is there, and not by uploads, which take their time. An exchange's place
   * is held until its body has come, so that no tenant holds all connections by reading slowly.
   */
  async open(request: StreamedRequest, deadline: MonotonicMs): Promise<StreamedAnswer> {
    const { tenant = GATEWAY } = request;
    const { service, breaker, gate } = this.#endpointOf(request.service, request.origin + request.path);
    const transport = this.#transport;
    const open = transport.open?.bind(transport);
    if (open === undefined) throw new ComputeError('not_implemented', 'Nothing is passed through here.');
    const call = () => this.#timed(request, () => open(request, deadline));
    const exchanges = this.#exchangesWith(request.origin);
    try {
      breaker.assertLetsThrough();
      await enter(exchanges, tenant, deadline);
      const over = () => exchanges.leave(tenant);
      try {
        const answer = isStream(request.body)
          ? await breaker.run(call, false)
          : await inside(gate, tenant, deadline, () => breaker.run(call, false));
        const isOpen = answer.body instanceof ReadableStream && transport.connections !== undefined;
        if (isOpen) return { ...answer, body: untilOver(answer.body, over) };
        over();
        return answer;
      } catch (error) {
        over();
        throw error;
      }
    } catch (error) {
      this.#tellRefusal(error, service, breaker);
      throw error;
    }
  }

  close(): Promise<void> {
    return this.#transport.close();
  }

  #tellRefusal(error: unknown, service: ServiceType, breaker: Breaker): void {
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
      breaker: new Breaker((open) => this.#tellBreaker(service, origin, open), this.#options),
      gate: new Gate(this.#options),
    };
    this.#endpoints.set(key, made);
    return made;
  }

  #exchangesWith(origin: string): Gate {
    const known = this.#exchanges.get(origin);
    if (known !== undefined) return known;
    const { connections = Number.POSITIVE_INFINITY } = this.#transport;
    const made = new Gate({ ...this.#options, calls: connections });
    this.#exchanges.set(origin, made);
    return made;
  }

  #tellBreaker(service: ServiceType, origin: string, open: boolean): void {
    const { log } = this.#ports;
    if (open) log?.warn('upstream_breaker_opened', { service, origin });
    else log?.info('upstream_breaker_closed', { service, origin });
  }

  #tellMetrics(): void {
    const sums = new Map<ServiceType, { open: number; running: number }>();
    for (const { service, breaker, gate } of this.#endpoints.values()) {
      const { open, running } = sums.get(service) ?? { open: 0, running: 0 };
      sums.set(service, { open: open + Number(breaker.open), running: running + gate.running });
    }
    for (const [service, { open, running }] of sums) {
      this.#ports.metrics?.set('upstream_breakers_open', open, { service });
      this.#ports.metrics?.set('upstream_calls_in_flight', running, { service });
    }
  }
}

async function enter(gate: Gate, tenant: string, deadline: MonotonicMs): Promise<void> {
  if (gate.tryEnter(tenant, false)) return;
  const ending = new AbortController();
  const timer = setTimeout(() => ending.abort(), remainingMs(deadline));
  try {
    await gate.wait(tenant, false, ending.signal);
  } finally {
    clearTimeout(timer);
  }
}

async function inside<Answer>(
  gate: Gate,
  tenant: string,
  deadline: MonotonicMs,
  call: () => Promise<Answer>,
): Promise<Answer> {
  await enter(gate, tenant, deadline);
  try {
    return await call();
  } finally {
    gate.leave(tenant);
  }
}

/**
 * Protects the cloud from the gateway, and the gateway from the cloud: for each endpoint (origin and service) a circuit breaker
 * and a bound on calls at a time. So a service that is down or slow holds nobody up who does not need it.
 *
 * What is urgent, undoing and tidying up, is tried whatever the breaker says, and goes first where calls wait: it is done once,
 * within seconds, or left behind.
 *
 * @module
 */

import { ComputeError } from '../../../src/compute/errors.ts';
import type { Logger } from '../../../src/telemetry/logger.ts';
import type { Metrics } from '../../../src/telemetry/metrics.ts';
import { Breaker, type BreakerOptions } from './breaker.ts';
import { Gate, type GateOptions } from './gate.ts';
import { isStream, type StreamedAnswer, type StreamedRequest, type StreamingTransport } from './stream.ts';
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

/** A transport that refuses, with `ComputeError` `unavailable` and `untouched`, what an endpoint should be spared. */
export class Guard implements Transport, StreamingTransport {
  readonly #transport: Transport & Partial<StreamingTransport>;
  readonly #ports: GuardPorts;
  readonly #options: GuardOptions;
  /** By origin and service: as many as the catalog of the cloud has. */
  readonly #endpoints = new Map<string, Endpoint>();

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
    const urgent = request.urgent ?? false;
    const { service, breaker, gate } = this.#endpointOf(request.service, request.url);
    const call = () => this.#timed(request, () => this.#transport.send(request, signal));
    try {
      if (!urgent) breaker.assertLetsThrough();
      if (!gate.tryEnter()) await gate.wait(signal, urgent);
      try {
        return await (urgent && breaker.open ? call() : breaker.run(call));
      } finally {
        gate.leave();
      }
    } catch (error) {
      this.#tellRefusal(error, service, breaker);
      throw error;
    }
  }

  /** A place is held until the head of the answer is there; uploads, which take their time, hold none. */
  async open(request: StreamedRequest, deadline: number): Promise<StreamedAnswer> {
    const { service, breaker, gate } = this.#endpointOf(request.service, request.origin + request.path);
    const transport = this.#transport;
    const open = transport.open?.bind(transport);
    if (open === undefined) throw new ComputeError('not_implemented', 'Nothing is passed through here.');
    const call = () => this.#timed(request, () => open(request, deadline));
    const enters = !isStream(request.body);
    try {
      breaker.assertLetsThrough();
      if (enters && !gate.tryEnter()) {
        await gate.wait(AbortSignal.timeout(Math.max(0, deadline - Date.now())), false);
      }
      try {
        return await breaker.run(call);
      } finally {
        if (enters) gate.leave();
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
    this.#ports.metrics?.count('upstream_refusals', { service, reason: breaker.open ? 'open' : 'busy' });
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
      this.#ports.metrics?.observe('upstream_seconds', seconds, { service, method, status });
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

  #tellBreaker(service: ServiceType, origin: string, open: boolean): void {
    const { log } = this.#ports;
    if (open) log?.warn('cloud_breaker_open', { service, origin });
    else log?.info('cloud_breaker_closed', { service, origin });
  }

  #tellMetrics(): void {
    const sums = new Map<ServiceType, { open: number; running: number }>();
    for (const { service, breaker, gate } of this.#endpoints.values()) {
      const { open, running } = sums.get(service) ?? { open: 0, running: 0 };
      sums.set(service, { open: open + Number(breaker.open), running: running + gate.running });
    }
    for (const [service, { open, running }] of sums) {
      this.#ports.metrics?.set('upstream_breakers_open', open, { service });
      this.#ports.metrics?.set('upstream_calls_running', running, { service });
    }
  }
}

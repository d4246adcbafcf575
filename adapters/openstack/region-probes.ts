import { SingleFlight } from '../../src/async.ts';
import { deadlineIn, type MonotonicMs, monotonicMs } from '../../src/clock.ts';
import type { CallContext } from '../../src/compute/cloud.ts';
import { ComputeError } from '../../src/compute/errors.ts';
import { SERVICES, type ServiceName } from '../../src/dialects/nova/services.ts';
import { LruMap } from '../../src/lru-map.ts';
import { type Transport, TransportError } from './http/transport.ts';
import { endpointOf, rootOf } from './keystone/catalog.ts';
import type { CatalogEntry } from './keystone/token.ts';
import type { OpenStack } from './openstack-cloud.ts';

type Catalog = readonly CatalogEntry[];

interface RegionProbePorts extends Pick<OpenStack, 'regions' | 'interface' | 'tokens' | 'hasServiceAccount'> {
  readonly transport: Transport;
  /** As in `FlightOptions`. */
  readonly background: ((work: Promise<unknown>) => void) | undefined;
}

/** A region has several services, and the route of readiness is public. */
const OUTCOME_TTL_MS = 5_000;
const TIMEOUT_MS = 3_000;
/** About a token's lifetime: a service that no catalog has had for so long is gone. */
const CATALOG_TTL_MS = 3_600_000;
/** Keystone may lock an account that keeps failing. */
const SIGN_IN_INTERVAL_MS = 60_000;

/**
 * Tries the version documents of a region's services, for readiness: one try at a time, whose outcome holds for `OUTCOME_TTL_MS`. Not
 * through the circuit breakers: a document that is served says little about a service's other calls.
 */
export class RegionProbes {
  readonly #ports: RegionProbePorts;
  readonly #outcomes = new LruMap<{ readonly failure: ComputeError | null }>({ lifetimeMs: OUTCOME_TTL_MS });
  readonly #flights = new SingleFlight<ComputeError | null>();
  /** By region and service, in any recent catalog: some projects do not see every endpoint. */
  readonly #roots = new LruMap<string>({ lifetimeMs: CATALOG_TTL_MS });
  /** Services that the last try could not reach, for the log. */
  readonly #down = new Set<string>();
  #catalog: Catalog | undefined;
  #learnedAt: MonotonicMs | undefined;
  #signedInAt: MonotonicMs | undefined;

  constructor(ports: RegionProbePorts) {
    this.#ports = ports;
  }

  /** To be called with each catalog that Keystone issues. */
  learn(catalog: Catalog): void {
    this.#catalog = catalog;
    this.#learnedAt = monotonicMs();
  }

  /** Resolves where no catalog has been read yet. @throws ComputeError `unavailable` or `timeout`. */
  async assertUp(call: CallContext): Promise<void> {
    const { region } = call;
    const known = this.#outcomes.get(region);
    const { background } = this.#ports;
    const failure =
      known === undefined
        ? await this.#flights.run(region, () => this.#remembered(call), { background })
        : known.failure;
    if (failure !== null) throw failure;
  }

  async #remembered(call: CallContext): Promise<ComputeError | null> {
    const failure = await this.#failureIn(call);
    this.#outcomes.set(call.region, { failure });
    return failure;
  }

  async #failureIn(call: CallContext): Promise<ComputeError | null> {
    const { regions } = this.#ports;
    const isRecent = this.#learnedAt !== undefined && monotonicMs() - this.#learnedAt < CATALOG_TTL_MS;
    const catalog = (isRecent ? undefined : await this.#signIn(call)) ?? this.#catalog;
    if (catalog === undefined) return null;
    try {
      const region = regions.nameIn(catalog, call.region);
      const roots = this.#rootsIn(catalog, region);
      if (roots.size === 0 && !regions.isKnown(region))
        return unavailable(`no catalog has a region ${region}`);
      const failures = await Promise.all([...roots].map(([service, root]) => this.#try(service, root, call)));
      return failures.find((failure) => failure !== null) ?? null;
    } catch (error) {
      if (error instanceof ComputeError) return error;
      throw error;
    }
  }

  #rootsIn(catalog: Catalog, region: string): ReadonlyMap<ServiceName, string> {
    const roots = new Map<ServiceName, string>();
    const lifetimeMs = CATALOG_TTL_MS - (monotonicMs() - (this.#learnedAt ?? monotonicMs()));
    for (const service of SERVICES) {
      const key = JSON.stringify([region, service]);
      const address = endpointOf(catalog, service, { region, interface: this.#ports.interface });
      const root = address === null ? this.#roots.get(key) : rootOf(address);
      if (address !== null) this.#roots.set(key, rootOf(address), lifetimeMs);
      if (root !== undefined) roots.set(service, root);
    }
    return roots;
  }

  async #try(service: ServiceName, root: string, { region, log }: CallContext): Promise<ComputeError | null> {
    const name = `${region} ${service}`;
    const url = `${root}/`;
    try {
      const headers = { accept: 'application/json' };
      const request = { service, region, method: 'GET', url, headers, buffered: true } as const;
      const { status } = await this.#ports.transport.open(request, deadlineIn(TIMEOUT_MS));
      if (status >= 500) throw new TransportError(`status ${status}`, { sent: true, timedOut: false });
      this.#down.delete(name);
      return null;
    } catch (error) {
      if (!(error instanceof TransportError)) throw error;
      if (!this.#down.has(name)) {
        // A catalog may have an address that is no URL.
        const { origin, pathname } = URL.parse(url) ?? { origin: root, pathname: '/' };
        log.warn('upstream_unreachable', { method: 'GET', origin, path: pathname, sent: error.sent }, error);
      }
      this.#down.add(name);
      return error.timedOut
        ? new ComputeError('timeout', 'The cloud did not respond in time.', { cause: error })
        : unavailable(error);
    }
  }

  /** With the operator's account, so that readiness knows the regions before a customer has signed in. */
  async #signIn(call: CallContext): Promise<Catalog | undefined> {
    const { tokens, hasServiceAccount } = this.#ports;
    const isRecent = this.#signedInAt !== undefined && monotonicMs() - this.#signedInAt < SIGN_IN_INTERVAL_MS;
    if (!hasServiceAccount || isRecent) return undefined;
    this.#signedInAt = monotonicMs();
    return tokens.token({ kind: 'service_account' }, call).then(
      ({ catalog }) => catalog,
      () => undefined,
    );
  }
}

function unavailable(cause: unknown): ComputeError {
  return new ComputeError('unavailable', 'The cloud is not available at the moment.', {
    cause: cause instanceof Error ? cause : new Error(String(cause)),
  });
}

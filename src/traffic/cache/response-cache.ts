import { SingleFlight, withTimeout } from '../../async.ts';
import { monotonicMs } from '../../clock.ts';
import { hasCode } from '../../compute/errors.ts';
import { LruMap } from '../../lru-map.ts';
import type { Metrics } from '../../telemetry/metrics.ts';
import type { RequestSpans } from '../../telemetry/request-spans.ts';
import type { ProjectVersion, ProjectVersions } from '../versions/project-versions.ts';
import type { CacheKey } from './cache-key.ts';
import type { CachedResponse, CacheResult, CacheStore } from './cache-store.ts';
import { type Coalesced, coalesceAcrossNodes, SharedAbort } from './coalesce.ts';
import { failurePolicy, freshness, isUsableOnError } from './freshness.ts';
import { MemoryCacheStore } from './memory-cache-store.ts';
import { etagOf } from './to-response.ts';

export interface OriginResponse extends Pick<CachedResponse, 'headers'> {
  readonly body: string;
  /** Monotonic ms of its oldest part; absent: everything was fetched for this request. */
  readonly generatedAt?: number;
  /** Upper bound of its lifetime in ms; absent: none. */
  readonly maxAgeMs?: number;
  /** false: sent to the requests that wait for it, but not stored. */
  readonly store?: boolean;
}

/** Fetches from the cloud; null: a response that can neither be stored nor shared. @param signal Aborted when every client has disconnected. */
export type Fetch = (signal: AbortSignal) => Promise<OriginResponse | null>;

/** One request, and the policy of its kind of response. */
export interface CacheLookup {
  readonly key: CacheKey;
  /** The project's, read after the request arrived. */
  readonly version: ProjectVersion;
  /** Maximum age while the cloud responds, in ms. */
  readonly lifetimeMs: number;
  /** Maximum age while it does not, in ms; 0: never. */
  readonly staleIfErrorMs: number;
  /** Whether other gateways may use the response. */
  readonly shared: boolean;
  readonly fetch: Fetch;
  /** The same in the background, with a deadline of its own; null: fresh until it expires, never stale. */
  readonly revalidate: Fetch | null;
  /** Aborted when the client disconnects; absent: the fetch does not depend on the client. */
  readonly signal?: AbortSignal;
  /** Keeps work running after its request's response. The work never rejects. */
  readonly waitUntil: (work: Promise<unknown>) => void;
}

export interface ResponseCachePorts {
  readonly versions: ProjectVersions;
  /** null: nothing is shared. */
  readonly store: CacheStore | null;
  readonly metrics: Metrics;
  /** Monotonic ms. */
  readonly now?: () => number;
}

/** A request that can be served stale does not wait longer. */
const REVALIDATION_TIMEOUT_MS = 5_000;
const MAX_FAILURES = 10_000;
/** A longer key is not remembered, so that the number of entries bounds their memory. */
export const MAX_KEY_CHARACTERS = 1_000;
/** A fetch that takes longer is not joined any more: a new one may succeed while it hangs. */
const MAX_JOINABLE_MS = 5_000;

const encoder = new TextEncoder();

/** Response cache with request coalescing: at most one upstream request per key and project version. */
export class ResponseCache {
  readonly #ports: ResponseCachePorts;
  readonly #now: () => number;
  readonly #memory: MemoryCacheStore;
  readonly #flights = new SingleFlight<Coalesced | null>();
  readonly #aborts = new Map<string, SharedAbort>();
  readonly #failures = new LruMap<number>({ max: MAX_FAILURES });

  /** @param maxBytes Bound of what this process stores. */
  constructor(ports: ResponseCachePorts, maxBytes: number) {
    this.#ports = ports;
    this.#now = ports.now ?? monotonicMs;
    this.#memory = new MemoryCacheStore(maxBytes);
  }

  /**
   * Without a promise where a stored response is usable. null: the fetch resolved to null, for this request or one it was
   * coalesced with.
   */
  get(lookup: CacheLookup): CacheResult | Promise<CacheResult | null> {
    const stored = this.#memory.get(lookup.key, lookup.version.number);
    if (stored === undefined) return this.#fetchOrServeStale(lookup, undefined);
    return this.#serveIfUsable(lookup, stored) ?? this.#fetchOrServeStale(lookup, stored);
  }

  /** `get` in a span of its own, the parent of the calls of its fetch. */
  traced(lookup: CacheLookup, spans: RequestSpans): CacheResult | Promise<CacheResult | null> | null {
    return spans.around(
      'cache',
      () => this.get(lookup),
      (found) => ({
        'linguanova.cache.result': found?.result ?? 'miss',
      }),
    );
  }

  /** null: none that needs no revalidation. @param revalidates Whether responses are before they expire. */
  peekFresh(key: CacheKey, version: ProjectVersion, revalidates: boolean): CacheResult | null {
    const response = this.#memory.get(key, version.number);
    if (response === undefined) return null;
    const state = freshness(response, this.#now(), version.maxAgeMs);
    const isFresh = state === 'fresh' || (state === 'stale-while-revalidate' && !revalidates);
    return isFresh ? { response, result: 'hit', revalidationFailed: false } : null;
  }

  /** null: expired. */
  #serveIfUsable(lookup: CacheLookup, response: CachedResponse): CacheResult | null {
    const state = freshness(response, this.#now(), lookup.version.maxAgeMs);
    if (state === 'expired') return null;
    if (state === 'fresh' || lookup.revalidate === null) {
      return { response, result: 'hit', revalidationFailed: false };
    }
    this.#revalidate(lookup, lookup.revalidate);
    return { response, result: 'stale', revalidationFailed: false };
  }

  async #fetchOrServeStale(
    lookup: CacheLookup,
    expired: CachedResponse | undefined,
  ): Promise<CacheResult | null> {
    const { key, version, revalidate } = lookup;
    const stale = this.#staleIfError(lookup, expired);
    if (stale !== null) {
      const policy = failurePolicy(this.#failures.get(key.text), this.#now());
      if (policy === 'revalidate' && revalidate !== null) this.#revalidate(lookup, revalidate);
      if (policy !== 'await') return stale;
    }
    try {
      const fetching = this.#join(lookup);
      const timedOut = () => {
        this.#failures.set(key.text, this.#now());
        return 'timed out' as const;
      };
      const fetched = await (stale === null
        ? fetching
        : withTimeout(fetching, REVALIDATION_TIMEOUT_MS, timedOut));
      if (fetched === 'timed out') return stale;
      if (fetched === null) return null;
      const { response } = fetched;
      if (fetched.fetched) return { response, result: 'miss', revalidationFailed: false };
      return this.#serveIfUsable(lookup, response) ?? this.#fetchOrServeStale(lookup, response);
    } catch (error) {
      // The shared store may have had one that was not in memory.
      const shared = this.#staleIfError(lookup, this.#memory.get(key, version.number));
      if (!isOutage(error) || shared === null) throw error;
      return shared;
    }
  }

  #staleIfError({ staleIfErrorMs }: CacheLookup, response: CachedResponse | undefined): CacheResult | null {
    if (response === undefined || !isUsableOnError(response, staleIfErrorMs, this.#now())) return null;
    return { response, result: 'stale', revalidationFailed: true };
  }

  /** Joins the fetch in flight for this key and version, or starts one. */
  async #join(lookup: CacheLookup): Promise<Coalesced | null> {
    const name = flightOf(lookup);
    let started = false;
    const fetching = this.#flights.run(
      name,
      () => {
        started = true;
        const abort = new SharedAbort(() => this.#flights.forget(name));
        this.#aborts.set(name, abort);
        const fetched = this.#obtain(
          lookup,
          () => lookup.fetch(abort.signal),
          () => true,
        );
        return fetched.finally(() => {
          if (this.#aborts.get(name) === abort) this.#aborts.delete(name);
        });
      },
      { maxAgeMs: joinableMs(lookup), background: lookup.waitUntil },
    );
    this.#aborts.get(name)?.join(lookup.signal);
    try {
      return await fetching;
    } catch (error) {
      // The cloud rejected another caller's credential; this caller's may still be valid.
      if (started || !hasCode(error, 'forbidden')) throw error;
      const { signal = new AbortController().signal } = lookup;
      return this.#obtain(
        lookup,
        () => lookup.fetch(signal),
        () => true,
      );
    }
  }

  #revalidate(lookup: CacheLookup, fetch: Fetch): void {
    const name = flightOf(lookup);
    if (this.#flights.has(name, joinableMs(lookup))) return;
    if (failurePolicy(this.#failures.get(lookup.key.text), this.#now()) === 'cooldown') return;
    const isFresh = (response: CachedResponse) => freshness(response, this.#now()) === 'fresh';
    const never = new AbortController().signal;
    const fetching = this.#flights.run(name, () => this.#obtain(lookup, () => fetch(never), isFresh), {
      maxAgeMs: joinableMs(lookup),
    });
    const { region } = lookup.key;
    const count = (result: string) => () =>
      this.#ports.metrics.count('cache_revalidations', { result, region });
    lookup.waitUntil(fetching.then(count('ok'), count('failed')));
  }

  async #obtain(
    lookup: CacheLookup,
    fetch: () => Promise<OriginResponse | null>,
    isAcceptable: (response: CachedResponse) => boolean,
  ): Promise<Coalesced | null> {
    const { key, version, lifetimeMs, waitUntil, shared } = lookup;
    const { store } = this.#ports;
    const fetchAndStore = () => this.#fetchAndStore(lookup, fetch);
    try {
      if (store === null || !version.shared || !shared) {
        const fetched = await fetchAndStore();
        return fetched && { response: fetched.response, fetched: true };
      }
      return await coalesceAcrossNodes({
        store,
        key,
        version: version.number,
        lifetimeMs,
        acceptable: (response) => {
          this.#store(key, response);
          return freshness(response, this.#now()) !== 'expired' && isAcceptable(response);
        },
        fetch: fetchAndStore,
        share: (response) => this.#share(lookup, response),
        waitUntil,
      });
    } catch (error) {
      this.#failed(lookup, error);
      throw error;
    }
  }

  async #fetchAndStore(
    { key, version, lifetimeMs }: CacheLookup,
    fetch: () => Promise<OriginResponse | null>,
  ): Promise<{ readonly response: CachedResponse; readonly store: boolean } | null> {
    const began = this.#now();
    const origin = await fetch();
    this.#failures.delete(key.text);
    if (origin === null) return null;
    const { headers, generatedAt = began, maxAgeMs = lifetimeMs, store = true } = origin;
    const body = encoder.encode(origin.body);
    const response: CachedResponse = {
      body,
      headers,
      etag: await etagOf(await key.digest(), body),
      generatedAt: Math.min(began, generatedAt),
      freshnessLifetimeMs: Math.min(lifetimeMs, maxAgeMs),
      version: version.number,
    };
    if (store && (await this.#isCurrent(key, response))) this.#store(key, response);
    return { response, store };
  }

  async #share({ key, staleIfErrorMs }: CacheLookup, response: CachedResponse): Promise<void> {
    if (!(await this.#isCurrent(key, response))) return;
    await this.#ports.store?.write(key, response, Math.max(response.freshnessLifetimeMs, staleIfErrorMs));
  }

  /** A response generated before a write is sent to requests that arrived before it, and not stored. */
  async #isCurrent({ tenant }: CacheKey, { version }: CachedResponse): Promise<boolean> {
    return (await this.#ports.versions.current(tenant)).number === version;
  }

  #store(key: CacheKey, response: CachedResponse): void {
    this.#memory.set(key, response);
    this.#ports.metrics.set('cache_bytes', this.#memory.bytes);
  }

  #failed({ key, version, waitUntil }: CacheLookup, error: unknown): void {
    if (isOutage(error) && key.text.length <= MAX_KEY_CHARACTERS) this.#failures.set(key.text, this.#now());
    // The resource is gone, or the request was never valid.
    if (!hasCode(error, 'not_found', 'invalid')) return;
    const stored = this.#memory.get(key, version.number);
    if (stored !== undefined) this.#memory.delete(key, stored);
    const { store } = this.#ports;
    if (store !== null && version.shared) waitUntil(store.remove(key));
  }
}

function flightOf({ key, version }: CacheLookup): string {
  return `${version.number} ${key.text}`;
}

function isOutage(error: unknown): boolean {
  return hasCode(error, 'unavailable', 'timeout', 'bad_gateway');
}

function joinableMs({ lifetimeMs }: CacheLookup): number {
  return Math.min(lifetimeMs, MAX_JOINABLE_MS);
}

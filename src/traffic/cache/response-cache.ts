import { monotonicMs } from '../../clock.ts';
import { hasCode } from '../../compute/errors.ts';
import { forThisRequest } from '../../cross-request-promise.ts';
import { LruMap } from '../../lru-map.ts';
import type { Metrics } from '../../telemetry/metrics.ts';
import type { ProjectVersion, ProjectVersions } from '../versions/project-versions.ts';
import type { CacheKey } from './cache-key.ts';
import type { CacheStore } from './cache-store.ts';
import type { CachedResponse } from './cached-response.ts';
import { type Coalesced, coalesceAcrossNodes } from './coalesce.ts';
import { etagOf } from './etag.ts';
import { type Flight, Flights } from './flights.ts';
import { failurePolicy, freshness, freshnessLifetimeOf, isUsableOnError } from './freshness.ts';
import { MemoryCacheStore } from './memory-cache-store.ts';

/** What the cloud was asked for and told. */
export interface OriginResponse extends Pick<CachedResponse, 'body' | 'contentType' | 'link'> {
  /** As in `Provenance`. */
  readonly generatedAt: number;
  readonly maxAgeMs: number;
}

/** One request for an answer. */
export interface CacheLookup {
  readonly key: CacheKey;
  /** The project's, got after the request came. */
  readonly version: ProjectVersion;
  /** Milliseconds that such an answer may be told for. */
  readonly lifetime: number;
  /** Whether other gateways may use it; absent: yes. */
  readonly shared?: boolean;
  /** Asks the cloud, for a request that waits. */
  readonly fetch: () => Promise<OriginResponse>;
  /** The same beside all requests, with a deadline of its own. */
  readonly revalidate: () => Promise<OriginResponse>;
  /** Takes care that work goes on when its request is answered. It never rejects. */
  readonly waitUntil: (work: Promise<void>) => void;
}

export interface CacheResult {
  readonly response: CachedResponse;
  readonly result: 'hit' | 'miss' | 'stale';
  /** The cloud did not give a newer one. */
  readonly revalidationFailed: boolean;
}

export interface ResponseCachePorts {
  readonly versions: ProjectVersions;
  /** null: nothing is shared. */
  readonly store: CacheStore | null;
  readonly metrics: Metrics;
  /** Monotonic milliseconds. */
  readonly now?: () => number;
}

export interface ResponseCacheOptions {
  /** Room in this process for answers. */
  readonly bytes: number;
  /** Milliseconds that an answer may be old while the cloud does not answer. */
  readonly staleIfErrorMs: number;
}

/** Whoever can be told something old waits no longer than this for something new, milliseconds. */
const REVALIDATION_TIMEOUT_MS = 5_000;
const MAX_FAILURES = 10_000;

/** Answers that are told again, and how the next ones are fetched: one at a time for each key and version. */
export class ResponseCache {
  readonly #ports: ResponseCachePorts;
  readonly #now: () => number;
  readonly #staleIfErrorMs: number;
  readonly #memory: MemoryCacheStore;
  readonly #flights = new Flights<Coalesced>();
  /** When the last fetch failed, by key. */
  readonly #failures = new LruMap<number>({ max: MAX_FAILURES });

  constructor(ports: ResponseCachePorts, { bytes, staleIfErrorMs: staleFor }: ResponseCacheOptions) {
    this.#ports = ports;
    this.#now = ports.now ?? monotonicMs;
    this.#staleIfErrorMs = staleFor;
    this.#memory = new MemoryCacheStore(bytes);
  }

  /** At once where an answer is at hand. Errors are those of `fetch`, and are not kept. */
  get(asked: CacheLookup): CacheResult | Promise<CacheResult> {
    const kept = this.#memory.get(asked.key, asked.version.number);
    if (kept === undefined) return this.#fetchOrServeStale(asked, undefined);
    return this.#serveIfUsable(asked, kept) ?? this.#fetchOrServeStale(asked, kept);
  }

  /** What there is to tell without seeing to anything; null: nothing, or nothing so fresh. */
  peekFresh(key: CacheKey, version: ProjectVersion): CacheResult | null {
    const kept = this.#memory.get(key, version.number);
    const isFresh = kept !== undefined && freshness(kept, this.#now(), version.maxAge) === 'fresh';
    return isFresh ? { response: kept, result: 'hit', revalidationFailed: false } : null;
  }

  /** null: it has expired. */
  #serveIfUsable(asked: CacheLookup, answer: CachedResponse): CacheResult | null {
    switch (freshness(answer, this.#now(), asked.version.maxAge)) {
      case 'fresh':
        return { response: answer, result: 'hit', revalidationFailed: false };
      case 'aging':
        this.#refresh(asked);
        return { response: answer, result: 'stale', revalidationFailed: false };
      case 'expired':
        return null;
    }
  }

  /** @param kept An answer that has expired. */
  async #fetchOrServeStale(asked: CacheLookup, kept: CachedResponse | undefined): Promise<CacheResult> {
    const { key, version } = asked;
    const standIn = this.#staleIfError(kept);
    if (standIn !== null) {
      const what = failurePolicy(this.#failures.get(key.text), this.#now());
      if (what === 'try beside') this.#refresh(asked);
      if (what !== 'wait') return standIn;
    }
    try {
      const landed = this.#join(asked);
      if (standIn !== null && !(await this.#settlesWithin(asked, landed))) return standIn;
      const fetched = await landed;
      if (fetched.fetched) return { response: fetched.answer, result: 'miss', revalidationFailed: false };
      return this.#serveIfUsable(asked, fetched.answer) ?? this.#fetchOrServeStale(asked, fetched.answer);
    } catch (error) {
      // The store may have had one that this gateway did not.
      const shared = this.#staleIfError(this.#memory.get(key, version.number));
      if (!isOutage(error) || shared === null) throw error;
      return shared;
    }
  }

  #staleIfError(answer: CachedResponse | undefined): CacheResult | null {
    if (answer === undefined || !isUsableOnError(answer, this.#staleIfErrorMs, this.#now())) return null;
    return { response: answer, result: 'stale', revalidationFailed: true };
  }

  async #join(asked: CacheLookup): Promise<Coalesced> {
    const running = this.#running(asked);
    if (running === undefined) return this.#begin(asked, asked.fetch, () => true).landed;
    try {
      return await forThisRequest(running.landed);
    } catch (error) {
      // That was said to whoever began it; this caller's own credential may still be good.
      if (!hasCode(error, 'forbidden')) throw error;
      return this.#obtain(asked, asked.fetch, () => true);
    }
  }

  /** Whether it comes before somebody who can be told an older answer has waited too long. */
  async #settlesWithin({ key }: CacheLookup, landed: Promise<Coalesced>): Promise<boolean> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<false>((resolve) => {
      timer = setTimeout(resolve, REVALIDATION_TIMEOUT_MS, false);
    });
    try {
      const inTime = await Promise.race([landed.then(() => true), late]);
      if (!inTime) this.#failures.set(key.text, this.#now());
      return inTime;
    } finally {
      clearTimeout(timer);
    }
  }

  #refresh(asked: CacheLookup): void {
    if (this.#running(asked) !== undefined) return;
    if (failurePolicy(this.#failures.get(asked.key.text), this.#now()) === 'leave alone') return;
    const isFresh = (answer: CachedResponse) => freshness(answer, this.#now()) === 'fresh';
    const { landed } = this.#begin(asked, asked.revalidate, isFresh);
    const done = (result: string) => () => this.#ports.metrics.count('cache_revalidations', { result });
    asked.waitUntil(landed.then(done('ok'), done('failed')));
  }

  /** What is being fetched and will not be too old when it comes; not what was begun before a change. */
  #running({ key, version, lifetime }: CacheLookup): Flight<Coalesced> | undefined {
    const flight = this.#flights.get(flightOf(key, version));
    return flight !== undefined && this.#now() - flight.began < lifetime ? flight : undefined;
  }

  #begin(
    asked: CacheLookup,
    fetch: () => Promise<OriginResponse>,
    acceptable: (answer: CachedResponse) => boolean,
  ): Flight<Coalesced> {
    const work = () => this.#obtain(asked, fetch, acceptable);
    const flight = this.#flights.begin(flightOf(asked.key, asked.version), work, this.#now());
    // Others may join it whom its request does not outlive.
    asked.waitUntil(flight.landed.then(ignore, ignore));
    return flight;
  }

  async #obtain(
    asked: CacheLookup,
    fetch: () => Promise<OriginResponse>,
    acceptable: (answer: CachedResponse) => boolean,
  ): Promise<Coalesced> {
    const { key, version, lifetime, waitUntil: background, shared = true } = asked;
    const { store } = this.#ports;
    const fetchAndKeep = () => this.#fetchAndStore(asked, fetch);
    try {
      if (store === null || !version.shared || !shared)
        return { answer: await fetchAndKeep(), fetched: true };
      return await coalesceAcrossNodes({
        store,
        key,
        version: version.number,
        lifetime,
        acceptable: (answer) => {
          this.#store(key, answer);
          return freshness(answer, this.#now()) !== 'expired' && acceptable(answer);
        },
        fetch: fetchAndKeep,
        share: (answer) => this.#share(key, answer),
        waitUntil: background,
      });
    } catch (error) {
      this.#failed(asked, error);
      throw error;
    }
  }

  async #fetchAndStore(
    { key, version, lifetime }: CacheLookup,
    fetch: () => Promise<OriginResponse>,
  ): Promise<CachedResponse> {
    const began = this.#now();
    const { body, contentType, link, generatedAt: asOf, maxAgeMs: holdsFor } = await fetch();
    this.#failures.delete(key.text);
    const answer: CachedResponse = {
      body,
      contentType,
      link,
      etag: await etagOf(await key.digest(), body),
      generatedAt: Math.min(began, asOf),
      freshnessLifetime: freshnessLifetimeOf(lifetime, holdsFor),
      version: version.number,
    };
    if (await this.#isCurrent(key, answer)) this.#store(key, answer);
    return answer;
  }

  async #share(key: CacheKey, answer: CachedResponse): Promise<void> {
    if (!(await this.#isCurrent(key, answer))) return;
    await this.#ports.store?.write(key, answer, Math.max(answer.freshnessLifetime, this.#staleIfErrorMs));
  }

  /** What was told before a change is for those who asked before it. */
  async #isCurrent({ projectId }: CacheKey, answer: CachedResponse): Promise<boolean> {
    return (await this.#ports.versions.current(projectId)).number === answer.version;
  }

  #store(key: CacheKey, answer: CachedResponse): void {
    this.#memory.set(key, answer);
    this.#ports.metrics.set('cache_bytes', this.#memory.bytes);
  }

  #failed({ key, version, waitUntil: background }: CacheLookup, error: unknown): void {
    if (isOutage(error)) this.#failures.set(key.text, this.#now());
    // It is not there any more, or was never right to ask for.
    if (!hasCode(error, 'not_found', 'invalid')) return;
    const kept = this.#memory.get(key, version.number);
    if (kept !== undefined) this.#memory.delete(key, kept);
    const { store } = this.#ports;
    if (store !== null && version.shared) background(store.remove(key));
  }
}

function ignore(): void {}

function flightOf({ text }: CacheKey, { number }: ProjectVersion): string {
  return `${number} ${text}`;
}

/** The cloud said nothing, or nothing that means something. */
function isOutage(error: unknown): boolean {
  return hasCode(error, 'unavailable', 'timeout', 'bad_gateway');
}

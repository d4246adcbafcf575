import { monotonicMs } from '../../clock.ts';
import { hasCode } from '../../compute/errors.ts';
import { LruMap } from '../../lru-map.ts';
import { own } from '../../own-promise.ts';
import type { Metrics } from '../../telemetry/metrics.ts';
import type { ProjectVersion, ProjectVersions } from '../versions/project-versions.ts';
import type { KeptAnswer } from './answer.ts';
import type { CacheKey } from './cache-key.ts';
import type { CacheStore } from './cache-store.ts';
import { etagOf } from './etag.ts';
import { type FetchedOnce, fetchOnce } from './fetch-once.ts';
import { type Flight, Flights } from './flights.ts';
import { freshness, recourse, standsIn, untilOf } from './freshness.ts';
import { KeptAnswers } from './kept-answers.ts';

/** What the cloud was asked for and told. */
export interface Fetched extends Pick<KeptAnswer, 'body' | 'contentType' | 'link'> {
  /** As in `Provenance`. */
  readonly asOf: number;
  readonly holdsFor: number;
}

/** One request for an answer. */
export interface Asked {
  readonly key: CacheKey;
  /** The project's, got after the request came. */
  readonly version: ProjectVersion;
  /** Milliseconds that such an answer may be told for. */
  readonly lifetime: number;
  /** Whether other gateways may use it; absent: yes. */
  readonly shared?: boolean;
  /** Asks the cloud, for a request that waits. */
  readonly fetch: () => Promise<Fetched>;
  /** The same beside all requests, with a deadline of its own. */
  readonly fetchBeside: () => Promise<Fetched>;
  /** Takes care that work goes on when its request is answered. It never rejects. */
  readonly background: (work: Promise<void>) => void;
}

export interface Told {
  readonly answer: KeptAnswer;
  readonly result: 'hit' | 'miss' | 'stale';
  /** The cloud did not give a newer one. */
  readonly failed: boolean;
}

export interface AnswerCachePorts {
  readonly versions: ProjectVersions;
  /** null: nothing is shared. */
  readonly store: CacheStore | null;
  readonly metrics: Metrics;
  /** Monotonic milliseconds. */
  readonly now?: () => number;
}

export interface AnswerCacheOptions {
  /** Room in this process for answers. */
  readonly bytes: number;
  /** Milliseconds that an answer may be old while the cloud does not answer. */
  readonly staleFor: number;
}

/** Whoever can be told something old waits no longer than this for something new, milliseconds. */
const PATIENCE = 5_000;
const MAX_FAILURES = 10_000;

/** Answers that are told again, and how the next ones are fetched: one at a time for each key and version. */
export class AnswerCache {
  readonly #ports: AnswerCachePorts;
  readonly #now: () => number;
  readonly #staleFor: number;
  readonly #kept: KeptAnswers;
  readonly #flights = new Flights<FetchedOnce>();
  /** When the last fetch failed, by key. */
  readonly #failures = new LruMap<number>({ max: MAX_FAILURES });

  constructor(ports: AnswerCachePorts, { bytes, staleFor }: AnswerCacheOptions) {
    this.#ports = ports;
    this.#now = ports.now ?? monotonicMs;
    this.#staleFor = staleFor;
    this.#kept = new KeptAnswers(bytes);
  }

  /** At once where an answer is at hand. Errors are those of `fetch`, and are not kept. */
  tell(asked: Asked): Told | Promise<Told> {
    const kept = this.#kept.get(asked.key, asked.version.number);
    if (kept === undefined) return this.#fetched(asked, undefined);
    return this.#toldFrom(asked, kept) ?? this.#fetched(asked, kept);
  }

  /** What there is to tell without seeing to anything; null: nothing, or nothing so fresh. */
  atHand(key: CacheKey, version: ProjectVersion): Told | null {
    const kept = this.#kept.get(key, version.number);
    const isFresh = kept !== undefined && freshness(kept, this.#now(), version.maxAge) === 'fresh';
    return isFresh ? { answer: kept, result: 'hit', failed: false } : null;
  }

  /** null: it has expired. */
  #toldFrom(asked: Asked, answer: KeptAnswer): Told | null {
    switch (freshness(answer, this.#now(), asked.version.maxAge)) {
      case 'fresh':
        return { answer, result: 'hit', failed: false };
      case 'aging':
        this.#refresh(asked);
        return { answer, result: 'stale', failed: false };
      case 'expired':
        return null;
    }
  }

  /** @param kept An answer that has expired. */
  async #fetched(asked: Asked, kept: KeptAnswer | undefined): Promise<Told> {
    const { key, version } = asked;
    const standIn = this.#standInFor(kept);
    if (standIn !== null) {
      const what = recourse(this.#failures.get(key.text), this.#now());
      if (what === 'try beside') this.#refresh(asked);
      if (what !== 'wait') return standIn;
    }
    try {
      const landed = this.#join(asked);
      if (standIn !== null && !(await this.#landsInTime(asked, landed))) return standIn;
      const fetched = await landed;
      if (fetched.fetched) return { answer: fetched.answer, result: 'miss', failed: false };
      return this.#toldFrom(asked, fetched.answer) ?? this.#fetched(asked, fetched.answer);
    } catch (error) {
      // The store may have had one that this gateway did not.
      const shared = this.#standInFor(this.#kept.get(key, version.number));
      if (!isOutage(error) || shared === null) throw error;
      return shared;
    }
  }

  #standInFor(answer: KeptAnswer | undefined): Told | null {
    if (answer === undefined || !standsIn(answer, this.#staleFor, this.#now())) return null;
    return { answer, result: 'stale', failed: true };
  }

  async #join(asked: Asked): Promise<FetchedOnce> {
    const running = this.#running(asked);
    if (running === undefined) return this.#begin(asked, asked.fetch, () => true).landed;
    try {
      return await own(running.landed);
    } catch (error) {
      // That was said to whoever began it; this caller's own credential may still be good.
      if (!hasCode(error, 'forbidden')) throw error;
      return this.#obtain(asked, asked.fetch, () => true);
    }
  }

  /** Whether it comes before somebody who can be told an older answer has waited too long. */
  async #landsInTime({ key }: Asked, landed: Promise<FetchedOnce>): Promise<boolean> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<false>((resolve) => {
      timer = setTimeout(resolve, PATIENCE, false);
    });
    try {
      const inTime = await Promise.race([landed.then(() => true), late]);
      if (!inTime) this.#failures.set(key.text, this.#now());
      return inTime;
    } finally {
      clearTimeout(timer);
    }
  }

  #refresh(asked: Asked): void {
    if (this.#running(asked) !== undefined) return;
    if (recourse(this.#failures.get(asked.key.text), this.#now()) === 'leave alone') return;
    const isFresh = (answer: KeptAnswer) => freshness(answer, this.#now()) === 'fresh';
    const { landed } = this.#begin(asked, asked.fetchBeside, isFresh);
    const done = (result: string) => () => this.#ports.metrics.count('cache_refreshes', { result });
    asked.background(landed.then(done('ok'), done('failed')));
  }

  /** What is being fetched and will not be too old when it comes; not what was begun before a change. */
  #running({ key, version, lifetime }: Asked): Flight<FetchedOnce> | undefined {
    const flight = this.#flights.get(flightOf(key, version));
    return flight !== undefined && this.#now() - flight.began < lifetime ? flight : undefined;
  }

  #begin(
    asked: Asked,
    fetch: () => Promise<Fetched>,
    acceptable: (answer: KeptAnswer) => boolean,
  ): Flight<FetchedOnce> {
    const work = () => this.#obtain(asked, fetch, acceptable);
    const flight = this.#flights.begin(flightOf(asked.key, asked.version), work, this.#now());
    // Others may join it whom its request does not outlive.
    asked.background(flight.landed.then(ignore, ignore));
    return flight;
  }

  async #obtain(
    asked: Asked,
    fetch: () => Promise<Fetched>,
    acceptable: (answer: KeptAnswer) => boolean,
  ): Promise<FetchedOnce> {
    const { key, version, lifetime, background, shared = true } = asked;
    const { store } = this.#ports;
    const fetchAndKeep = () => this.#fetchAndKeep(asked, fetch);
    try {
      if (store === null || !version.shared || !shared)
        return { answer: await fetchAndKeep(), fetched: true };
      return await fetchOnce({
        store,
        key,
        version: version.number,
        lifetime,
        acceptable: (answer) => {
          this.#keep(key, answer);
          return freshness(answer, this.#now()) !== 'expired' && acceptable(answer);
        },
        fetch: fetchAndKeep,
        share: (answer) => this.#share(key, answer),
        background,
      });
    } catch (error) {
      this.#failed(asked, error);
      throw error;
    }
  }

  async #fetchAndKeep({ key, version, lifetime }: Asked, fetch: () => Promise<Fetched>): Promise<KeptAnswer> {
    const began = this.#now();
    const { body, contentType, link, asOf, holdsFor } = await fetch();
    this.#failures.delete(key.text);
    const answer: KeptAnswer = {
      body,
      contentType,
      link,
      etag: await etagOf(await key.digest(), body),
      asOf: Math.min(began, asOf),
      until: untilOf(lifetime, holdsFor),
      version: version.number,
    };
    if (await this.#isCurrent(key, answer)) this.#keep(key, answer);
    return answer;
  }

  async #share(key: CacheKey, answer: KeptAnswer): Promise<void> {
    if (!(await this.#isCurrent(key, answer))) return;
    await this.#ports.store?.write(key, answer, Math.max(answer.until, this.#staleFor));
  }

  /** What was told before a change is for those who asked before it. */
  async #isCurrent({ projectId }: CacheKey, answer: KeptAnswer): Promise<boolean> {
    return (await this.#ports.versions.current(projectId)).number === answer.version;
  }

  #keep(key: CacheKey, answer: KeptAnswer): void {
    this.#kept.keep(key, answer);
    this.#ports.metrics.set('cache_bytes', this.#kept.bytes);
  }

  #failed({ key, version, background }: Asked, error: unknown): void {
    if (isOutage(error)) this.#failures.set(key.text, this.#now());
    // It is not there any more, or was never right to ask for.
    if (!hasCode(error, 'not_found', 'invalid')) return;
    const kept = this.#kept.get(key, version.number);
    if (kept !== undefined) this.#kept.drop(key, kept);
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

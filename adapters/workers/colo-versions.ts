import * as z from 'zod';
import { sleep, withTimeout } from '../../src/async.ts';
import { monotonicMs, wallMs } from '../../src/clock.ts';
import type { Tenant } from '../../src/compute/regions.ts';
import { LruMap } from '../../src/lru-map.ts';
import { LocalVersions } from '../../src/traffic/versions/local-versions.ts';
import type {
  ProjectChange,
  ProjectVersion,
  ProjectVersions,
} from '../../src/traffic/versions/project-versions.ts';
import type { ColoCache } from './colo-cache.ts';

const VERSION_TTL_SECONDS = 86_400;
/** Stored with the version, so that an isolate that missed some versions learns which instances changed. */
const MAX_STORED_CHANGES = 20;
const MAX_PROJECTS = 10_000;
const CACHE_TIMEOUT_MS = 500;
/** TTL of a version in an isolate; a write waits this long before its response. */
const LOCAL_TTL_MS = 100;
/** At this age a version is read again in the background, so that no request of a busy isolate waits. */
const REFRESH_AFTER_MS = 50;
/** Added to the wait of a write, because clocks on Workers are coarse. */
const CLOCK_GRACE_MS = 10;
/** How long an isolate counts versions alone after the shared cache failed. */
const STANDALONE_FOR_MS = 5_000;
/** Assumed age of an unknown version: above the longest cache lifetime. */
const DEFAULT_AGE_MS = 7_200_000;

const StoredVersion = z.object({
  number: z.int(),
  changes: z.array(z.object({ number: z.int(), instances: z.array(z.string()).nullable() })),
});
type StoredVersion = z.infer<typeof StoredVersion>;

interface LocalVersion {
  readonly number: number;
  /** Start of the read that found it, on the monotonic clock; null: it must be read. */
  readonly readAt: number | null;
  refreshStartedAt: number;
}

/**
 * Project versions in a data center's cache, shared by its isolates. Isolates cache a version for `LOCAL_TTL_MS`; a write delays its
 * response by that time, so no isolate serves an older version afterwards. A version is the time of its change in microseconds.
 *
 * Changes in other data centers are not seen: cached responses there are as old as `LINGUANOVA_CACHE_SECONDS` allows.
 */
export class ColoVersions implements ProjectVersions {
  readonly #cache: ColoCache;
  readonly #background: (work: Promise<unknown>) => void;
  readonly #timeoutMs: number;
  readonly #local = new LocalVersions();
  readonly #versions = new LruMap<LocalVersion>({ max: MAX_PROJECTS });
  readonly #listeners: ((change: ProjectChange | null) => void)[] = [];
  #standaloneUntil = Number.NEGATIVE_INFINITY;
  /** The last version written and not yet read back. */
  #unconfirmed: { readonly tenant: Tenant; readonly number: number } | null = null;

  /** @param background `waitUntil`: keeps a read running after the response of the request that started it. */
  constructor(cache: ColoCache, background: (work: Promise<unknown>) => void, timeoutMs = CACHE_TIMEOUT_MS) {
    this.#cache = cache;
    this.#background = background;
    this.#timeoutMs = timeoutMs;
  }

  onChange(listener: (change: ProjectChange | null) => void): void {
    this.#listeners.push(listener);
  }

  async current(tenant: Tenant): Promise<ProjectVersion> {
    return this.peek(tenant) ?? this.#readOrStandalone(tenant);
  }

  peek(tenant: Tenant): ProjectVersion | null {
    if (monotonicMs() < this.#standaloneUntil) return this.#local.peek(tenant);
    const now = performance.now();
    const known = this.#versions.get(tenant);
    if (known === undefined || known.readAt === null || now - known.readAt >= LOCAL_TTL_MS) return null;
    if (now - Math.max(known.readAt, known.refreshStartedAt) >= REFRESH_AFTER_MS) {
      known.refreshStartedAt = now;
      this.#background(this.#readOrStandalone(tenant));
    }
    return { number: known.number, shared: true };
  }

  async bump(change: ProjectChange): Promise<void> {
    const { tenant, instanceIds } = change;
    await this.#local.bump(change);
    const number = newNumber(wallMs());
    this.#remember(tenant, number, null);
    for (const listener of this.#listeners) listener(change);
    try {
      const before = await this.#inTime(this.#read(tenant));
      const changes = [
        ...(before?.changes ?? []),
        { number, instances: instanceIds && [...instanceIds] },
      ].slice(-MAX_STORED_CHANGES);
      await this.#inTime(this.#write(tenant, { number, changes }));
      await sleep(LOCAL_TTL_MS + CLOCK_GRACE_MS);
    } catch {
      this.#standaloneUntil = monotonicMs() + STANDALONE_FOR_MS;
    }
  }

  async #readOrStandalone(tenant: Tenant): Promise<ProjectVersion> {
    try {
      const stored = await this.#readShared(tenant);
      if (stored !== null) return { number: stored.number, shared: true };
    } catch {
      this.#standaloneUntil = monotonicMs() + STANDALONE_FOR_MS;
    }
    return this.#local.current(tenant);
  }

  async #readShared(tenant: Tenant): Promise<StoredVersion | null> {
    const began = performance.now();
    const stored = (await this.#inTime(this.#read(tenant))) ?? (await this.#initialize(tenant));
    if (stored !== null) this.#apply(tenant, stored, began);
    return stored;
  }

  /** null where the cache stores nothing: on workers.dev a `put` has no effect. */
  async #initialize(tenant: Tenant): Promise<StoredVersion | null> {
    const known = this.#versions.peek(tenant)?.number;
    if (this.#unconfirmed?.tenant === tenant && this.#unconfirmed.number === known) {
      this.#standaloneUntil = monotonicMs() + STANDALONE_FOR_MS;
      return null;
    }
    const stored: StoredVersion = { number: newNumber(wallMs() - DEFAULT_AGE_MS), changes: [] };
    this.#unconfirmed = { tenant, number: stored.number };
    await this.#inTime(this.#write(tenant, stored));
    return stored;
  }

  /** Notifies listeners of changes by other isolates since the last read. */
  #apply(tenant: Tenant, { number, changes }: StoredVersion, readAt: number): void {
    const { number: known, readAt: before = null } = this.#versions.peek(tenant) ?? {};
    // Reads may overtake each other; the result of an earlier one is outdated.
    if (before !== null && readAt < before) return;
    this.#remember(tenant, number, readAt);
    if (known === number && this.#unconfirmed?.number === number) this.#unconfirmed = null;
    if (known === number || known === undefined) return;
    const at = changes.findIndex((change) => change.number === known);
    const missed = at < 0 ? null : changes.slice(at + 1).map(({ instances }) => instances);
    const ids = missed?.some((instances) => instances === null)
      ? null
      : missed?.flatMap((some) => some ?? []);
    const change = missed && { tenant, instanceIds: ids ?? null };
    for (const listener of this.#listeners) listener(change);
  }

  #remember(tenant: Tenant, number: number, readAt: number | null): void {
    this.#versions.set(tenant, { number, readAt, refreshStartedAt: Number.NEGATIVE_INFINITY });
  }

  #inTime<Result>(work: Promise<Result>): Promise<Result> {
    return withTimeout(work, this.#timeoutMs, () => {
      throw new Error(`no response of the cache in ${this.#timeoutMs} ms`);
    });
  }

  async #read(tenant: Tenant): Promise<StoredVersion | null> {
    const found = await this.#cache.match(urlOf(tenant));
    return found === undefined ? null : (StoredVersion.safeParse(await found.json()).data ?? null);
  }

  #write(tenant: Tenant, stored: StoredVersion): Promise<void> {
    const headers = { 'Cache-Control': `max-age=${VERSION_TTL_SECONDS}` };
    return this.#cache.put(urlOf(tenant), Response.json(stored, { headers }));
  }
}

/** Microseconds; the last three digits are random, since isolates may start in the same ms. */
function newNumber(atMs: number): number {
  return atMs * 1_000 + Math.floor(Math.random() * 1_000);
}

function urlOf(tenant: Tenant): string {
  return `https://linguanova.invalid/version/${encodeURIComponent(tenant)}`;
}

import * as z from 'zod';
import { sleep, withTimeout } from '../../src/async.ts';
import { monotonicMs, wallMs } from '../../src/clock.ts';
import { LruMap } from '../../src/lru-map.ts';
import { LocalVersions } from '../../src/traffic/versions/local-versions.ts';
import type {
  ProjectChange,
  ProjectVersion,
  ProjectVersions,
} from '../../src/traffic/versions/project-versions.ts';
import type { ColoCache } from './colo-cache.ts';

/** Seconds that a version is remembered after the last change. */
const VERSION_TTL_SECONDS = 86_400;
/** Changes told with the version, so that an isolate that has missed a few still knows what they were. */
const MAX_STORED_CHANGES = 20;
const MAX_PROJECTS = 10_000;
/** Milliseconds that the cache of the place may take. */
const CACHE_TIMEOUT_MS = 500;
/** For how long an isolate believes what it has found there, milliseconds. */
const LOCAL_TTL_MS = 100;
/** At this age it is looked at again, beside the requests, so that none of those that keep coming waits; milliseconds. */
const REFRESH_AFTER_MS = 50;
/** What comes on top before a write is answered, milliseconds: clocks here are coarse. */
const CLOCK_GRACE_MS = 10;
/** For how long an isolate counts for itself when that cache has failed it or keeps nothing, milliseconds. */
const STANDALONE_FOR_MS = 5_000;
/** What nobody has changed here has been as it is for so long, milliseconds; longer than any answer is told. */
const DEFAULT_AGE_MS = 7_200_000;

/** What is kept of a project: its version, and what the last changes were. */
const StoredVersion = z.object({
  number: z.int(),
  changes: z.array(z.object({ number: z.int(), instances: z.array(z.string()).nullable() })),
});
type StoredVersion = z.infer<typeof StoredVersion>;

/** What is known of a project, and since when. */
interface LocalVersion {
  readonly number: number;
  /** When the look began that found it, on the monotonic clock; null: it is to be looked at. */
  readonly readAt: number | null;
  /** When somebody began to look again. */
  refreshStartedAt: number;
}

/**
 * Versions in the cache of the place (a Cloudflare data centre), which all isolates there share. What an isolate has found there
 * it believes for a moment, so that a busy one does not look for each request; and a write is answered when that moment has
 * passed for all. So who has the answer to a write reads what it says, in the same place. Numbers are the time of the change in
 * microseconds, so none comes twice.
 *
 * Changes made in other places are not heard of: what is kept is as old there as `LINGUANOVA_CACHE_SECONDS` allows.
 */
export class ColoVersions implements ProjectVersions {
  readonly #cache: ColoCache;
  readonly #background: (work: Promise<unknown>) => void;
  readonly #timeoutMs: number;
  readonly #local = new LocalVersions();
  readonly #versions = new LruMap<LocalVersion>({ max: MAX_PROJECTS });
  readonly #listeners: ((change: ProjectChange | null) => void)[] = [];
  #standaloneUntil = Number.NEGATIVE_INFINITY;
  /** The last number that was put and not yet seen again. */
  #unconfirmed: { readonly projectId: string; readonly number: number } | null = null;

  /**
   * @param background Keeps the runtime from ending a look with the request that began it.
   * @param timeoutMs For tests.
   */
  constructor(cache: ColoCache, background: (work: Promise<unknown>) => void, timeoutMs = CACHE_TIMEOUT_MS) {
    this.#cache = cache;
    this.#background = background;
    this.#timeoutMs = timeoutMs;
  }

  onChange(listener: (change: ProjectChange | null) => void): void {
    this.#listeners.push(listener);
  }

  async current(projectId: string): Promise<ProjectVersion> {
    return this.peek(projectId) ?? this.#readOrStandalone(projectId);
  }

  peek(projectId: string): ProjectVersion | null {
    if (monotonicMs() < this.#standaloneUntil) return this.#local.peek(projectId);
    const now = performance.now();
    const known = this.#versions.get(projectId);
    if (known === undefined || known.readAt === null || now - known.readAt >= LOCAL_TTL_MS) return null;
    if (now - Math.max(known.readAt, known.refreshStartedAt) >= REFRESH_AFTER_MS) {
      known.refreshStartedAt = now;
      this.#background(this.#readOrStandalone(projectId));
    }
    return { number: known.number, shared: true };
  }

  async bump(change: ProjectChange): Promise<void> {
    const { projectId, instanceIds } = change;
    await this.#local.bump(change);
    const number = newNumber(wallMs());
    this.#remember(projectId, number, null);
    for (const listener of this.#listeners) listener(change);
    try {
      const before = await this.#inTime(this.#read(projectId));
      const changes = [
        ...(before?.changes ?? []),
        { number, instances: instanceIds && [...instanceIds] },
      ].slice(-MAX_STORED_CHANGES);
      await this.#inTime(this.#write(projectId, { number, changes }));
      await sleep(LOCAL_TTL_MS + CLOCK_GRACE_MS);
    } catch {
      this.#standaloneUntil = monotonicMs() + STANDALONE_FOR_MS;
    }
  }

  async #readOrStandalone(projectId: string): Promise<ProjectVersion> {
    try {
      const stored = await this.#readShared(projectId);
      if (stored !== null) return { number: stored.number, shared: true };
    } catch {
      this.#standaloneUntil = monotonicMs() + STANDALONE_FOR_MS;
    }
    return this.#local.current(projectId);
  }

  async #readShared(projectId: string): Promise<StoredVersion | null> {
    const began = performance.now();
    const stored = (await this.#inTime(this.#read(projectId))) ?? (await this.#initialize(projectId));
    if (stored !== null) this.#apply(projectId, stored, began);
    return stored;
  }

  /** null where nothing is kept: on workers.dev the cache takes everything and has nothing. */
  async #initialize(projectId: string): Promise<StoredVersion | null> {
    const known = this.#versions.peek(projectId)?.number;
    if (this.#unconfirmed?.projectId === projectId && this.#unconfirmed.number === known) {
      this.#standaloneUntil = monotonicMs() + STANDALONE_FOR_MS;
      return null;
    }
    const stored: StoredVersion = { number: newNumber(wallMs() - DEFAULT_AGE_MS), changes: [] };
    this.#unconfirmed = { projectId, number: stored.number };
    await this.#inTime(this.#write(projectId, stored));
    return stored;
  }

  /** Says what has been changed by others in this place since the last look. */
  #apply(projectId: string, { number, changes }: StoredVersion, readAt: number): void {
    const { number: known, readAt: before = null } = this.#versions.peek(projectId) ?? {};
    // Looks overtake each other; what an earlier one found is old news.
    if (before !== null && readAt < before) return;
    this.#remember(projectId, number, readAt);
    if (known === number && this.#unconfirmed?.number === number) this.#unconfirmed = null;
    if (known === number || known === undefined) return;
    const at = changes.findIndex((change) => change.number === known);
    const missed = at < 0 ? null : changes.slice(at + 1).map(({ instances }) => instances);
    const ids = missed?.some((instances) => instances === null)
      ? null
      : missed?.flatMap((some) => some ?? []);
    const change = missed && { projectId, instanceIds: ids ?? null };
    for (const listener of this.#listeners) listener(change);
  }

  #remember(projectId: string, number: number, readAt: number | null): void {
    this.#versions.set(projectId, { number, readAt, refreshStartedAt: Number.NEGATIVE_INFINITY });
  }

  #inTime<Result>(work: Promise<Result>): Promise<Result> {
    return withTimeout(work, this.#timeoutMs, () => {
      throw new Error(`no response of the cache in ${this.#timeoutMs} ms`);
    });
  }

  async #read(projectId: string): Promise<StoredVersion | null> {
    const found = await this.#cache.match(urlOf(projectId));
    return found === undefined ? null : (StoredVersion.safeParse(await found.json()).data ?? null);
  }

  #write(projectId: string, stored: StoredVersion): Promise<void> {
    const headers = { 'Cache-Control': `max-age=${VERSION_TTL_SECONDS}` };
    return this.#cache.put(urlOf(projectId), Response.json(stored, { headers }));
  }
}

/** Microseconds; the last three digits by chance, for isolates of a place may begin at the same time. */
function newNumber(milliseconds: number): number {
  return milliseconds * 1_000 + Math.floor(Math.random() * 1_000);
}

function urlOf(projectId: string): string {
  return `https://linguanova.invalid/version/${encodeURIComponent(projectId)}`;
}

import * as z from 'zod';
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
const LIFE = 86_400;
/** Changes told with the version, so that an isolate that has missed a few still knows what they were. */
const MAX_TOLD = 20;
const MAX_PROJECTS = 10_000;
/** Milliseconds that the cache of the place may take. */
const PATIENCE = 500;
/** For how long an isolate believes what it has found there, milliseconds. */
const BELIEF = 100;
/** At this age it is looked at again, beside the requests, so that none of those that keep coming waits; milliseconds. */
const AGING = 50;
/** What comes on top before a write is answered, milliseconds: clocks here are coarse. */
const GRACE = 10;
/** For how long an isolate counts for itself when that cache has failed it or keeps nothing, milliseconds. */
const ALONE = 5_000;
/** What nobody has changed here has been as it is for so long, milliseconds; longer than any answer is told. */
const UNCHANGED = 7_200_000;

/** What is kept of a project: its version, and what the last changes were. */
const Told = z.object({
  number: z.int(),
  changes: z.array(z.object({ number: z.int(), instances: z.array(z.string()).nullable() })),
});
type Told = z.infer<typeof Told>;

/** What is known of a project, and since when. */
interface Known {
  readonly number: number;
  /** When the look began that found it, on the monotonic clock; null: it is to be looked at. */
  readonly lookedAt: number | null;
  /** When somebody began to look again. */
  renewedAt: number;
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
  readonly #patience: number;
  readonly #local = new LocalVersions();
  readonly #known = new LruMap<Known>({ max: MAX_PROJECTS });
  readonly #listeners: ((change: ProjectChange | null) => void)[] = [];
  #aloneUntil = Number.NEGATIVE_INFINITY;
  /** The last number that was put and not yet seen again. */
  #unseen: { readonly projectId: string; readonly number: number } | null = null;

  /**
   * @param background Keeps the runtime from ending a look with the request that began it.
   * @param patience For tests.
   */
  constructor(cache: ColoCache, background: (work: Promise<unknown>) => void, patience = PATIENCE) {
    this.#cache = cache;
    this.#background = background;
    this.#patience = patience;
  }

  onChange(listener: (change: ProjectChange | null) => void): void {
    this.#listeners.push(listener);
  }

  async current(projectId: string): Promise<ProjectVersion> {
    return this.peek(projectId) ?? this.#looked(projectId);
  }

  peek(projectId: string): ProjectVersion | null {
    if (monotonicMs() < this.#aloneUntil) return this.#local.peek(projectId);
    const now = performance.now();
    const known = this.#known.get(projectId);
    if (known === undefined || known.lookedAt === null || now - known.lookedAt >= BELIEF) return null;
    if (now - Math.max(known.lookedAt, known.renewedAt) >= AGING) {
      known.renewedAt = now;
      this.#background(this.#looked(projectId));
    }
    return { number: known.number, shared: true };
  }

  async bump(change: ProjectChange): Promise<void> {
    const { projectId, instanceIds } = change;
    await this.#local.bump(change);
    const number = newNumber(wallMs());
    this.#learn(projectId, number, null);
    for (const listener of this.#listeners) listener(change);
    try {
      const before = await this.#inTime(this.#read(projectId));
      const changes = [
        ...(before?.changes ?? []),
        { number, instances: instanceIds && [...instanceIds] },
      ].slice(-MAX_TOLD);
      await this.#inTime(this.#write(projectId, { number, changes }));
      await new Promise((resolve) => setTimeout(resolve, BELIEF + GRACE));
    } catch {
      this.#aloneUntil = monotonicMs() + ALONE;
    }
  }

  async #looked(projectId: string): Promise<ProjectVersion> {
    try {
      const told = await this.#told(projectId);
      if (told !== null) return { number: told.number, shared: true };
    } catch {
      this.#aloneUntil = monotonicMs() + ALONE;
    }
    return this.#local.current(projectId);
  }

  async #told(projectId: string): Promise<Told | null> {
    const began = performance.now();
    const told = (await this.#inTime(this.#read(projectId))) ?? (await this.#begin(projectId));
    if (told !== null) this.#heard(projectId, told, began);
    return told;
  }

  /** null where nothing is kept: on workers.dev the cache takes everything and has nothing. */
  async #begin(projectId: string): Promise<Told | null> {
    const known = this.#known.peek(projectId)?.number;
    if (this.#unseen?.projectId === projectId && this.#unseen.number === known) {
      this.#aloneUntil = monotonicMs() + ALONE;
      return null;
    }
    const told: Told = { number: newNumber(wallMs() - UNCHANGED), changes: [] };
    this.#unseen = { projectId, number: told.number };
    await this.#inTime(this.#write(projectId, told));
    return told;
  }

  /** Says what has been changed by others in this place since the last look. */
  #heard(projectId: string, { number, changes }: Told, lookedAt: number): void {
    const { number: known, lookedAt: before = null } = this.#known.peek(projectId) ?? {};
    // Looks overtake each other; what an earlier one found is old news.
    if (before !== null && lookedAt < before) return;
    this.#learn(projectId, number, lookedAt);
    if (known === number && this.#unseen?.number === number) this.#unseen = null;
    if (known === number || known === undefined) return;
    const at = changes.findIndex((change) => change.number === known);
    const missed = at < 0 ? null : changes.slice(at + 1).map(({ instances }) => instances);
    const ids = missed?.some((instances) => instances === null)
      ? null
      : missed?.flatMap((some) => some ?? []);
    const change = missed && { projectId, instanceIds: ids ?? null };
    for (const listener of this.#listeners) listener(change);
  }

  #learn(projectId: string, number: number, lookedAt: number | null): void {
    this.#known.set(projectId, { number, lookedAt, renewedAt: Number.NEGATIVE_INFINITY });
  }

  #inTime<Result>(work: Promise<Result>): Promise<Result> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error('the cache does not answer')), this.#patience);
      work.then(resolve, reject).finally(() => clearTimeout(timer));
    });
  }

  async #read(projectId: string): Promise<Told | null> {
    const found = await this.#cache.match(urlOf(projectId));
    return found === undefined ? null : (Told.safeParse(await found.json()).data ?? null);
  }

  #write(projectId: string, told: Told): Promise<void> {
    const headers = { 'Cache-Control': `max-age=${LIFE}` };
    return this.#cache.put(urlOf(projectId), Response.json(told, { headers }));
  }
}

/** Microseconds; the last three digits by chance, for isolates of a place may begin at the same time. */
function newNumber(milliseconds: number): number {
  return milliseconds * 1_000 + Math.floor(Math.random() * 1_000);
}

function urlOf(projectId: string): string {
  return `https://linguanova.invalid/version/${encodeURIComponent(projectId)}`;
}

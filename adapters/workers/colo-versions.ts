import * as z from 'zod';
import { LruMap } from '../../src/lru-map.ts';
import { LocalVersions } from '../../src/traffic/versions/local-versions.ts';
import type {
  ProjectChange,
  ProjectVersion,
  ProjectVersions,
} from '../../src/traffic/versions/project-versions.ts';
import type { ColoCache } from './colo-cache.ts';
import { SharedLooks } from './shared-look.ts';

/** Seconds that a version is remembered after the last change. */
const LIFE = 86_400;
/** Changes told with the version, so that an isolate that has missed a few still knows what they were. */
const MAX_TOLD = 20;
const MAX_PROJECTS = 10_000;
/** Milliseconds that the cache of the place may take. */
const PATIENCE = 500;
/** For how long an isolate counts for itself when that cache has failed it or keeps nothing, milliseconds. */
const ALONE = 5_000;
/** What nobody has changed here has been as it is for so long, milliseconds; longer than any answer is told. */
const UNCHANGED = 7_200_000;

/** What is kept of a project: its version, and what the last changes were. */
const Told = z.object({
  number: z.int(),
  changes: z.array(z.object({ number: z.int(), instances: z.array(z.string()) })),
});
type Told = z.infer<typeof Told>;

/**
 * Versions in the cache of the place (a Cloudflare data centre), which all isolates there share. Every read looks there, so that a change made in the same place is seen by the next read. Numbers are the time of the change in microseconds, so none
 * comes twice. Requests that come at the same time share a look.
 *
 * Changes made in other places are not heard of: what is kept is as old there as `LINGUANOVA_CACHE_SECONDS` allows.
 */
export class ColoVersions implements ProjectVersions {
  readonly #cache: ColoCache;
  readonly #local = new LocalVersions();
  readonly #looks = new SharedLooks<Told | null>(2 * PATIENCE);
  readonly #known = new LruMap<number>({ max: MAX_PROJECTS });
  readonly #listeners: ((change: ProjectChange | null) => void)[] = [];
  #aloneUntil = 0;
  /** The last number that was put and not yet seen again. */
  #unseen: { readonly projectId: string; readonly number: number } | null = null;

  constructor(cache: ColoCache) {
    this.#cache = cache;
  }

  onChange(listener: (change: ProjectChange | null) => void): void {
    this.#listeners.push(listener);
  }

  async current(projectId: string): Promise<ProjectVersion> {
    if (Date.now() < this.#aloneUntil) return this.#local.current(projectId);
    try {
      const told = await this.#looks.look(projectId, () => this.#told(projectId));
      if (told === null) return this.#local.current(projectId);
      return { number: told.number, shared: true };
    } catch {
      this.#aloneUntil = Date.now() + ALONE;
      return this.#local.current(projectId);
    }
  }

  async changed(change: ProjectChange): Promise<void> {
    const { projectId, instanceIds } = change;
    await this.#local.changed(change);
    const number = newNumber(Date.now());
    this.#known.set(projectId, number);
    for (const listener of this.#listeners) listener(change);
    try {
      const before = await inTime(this.#read(projectId));
      const changes = [...(before?.changes ?? []), { number, instances: [...instanceIds] }].slice(-MAX_TOLD);
      await inTime(this.#write(projectId, { number, changes }));
    } catch {
      this.#aloneUntil = Date.now() + ALONE;
    }
  }

  async #told(projectId: string): Promise<Told | null> {
    const told = (await inTime(this.#read(projectId))) ?? (await this.#begin(projectId));
    if (told !== null) this.#heard(projectId, told);
    return told;
  }

  /** null where nothing is kept: on workers.dev the cache takes everything and has nothing. */
  async #begin(projectId: string): Promise<Told | null> {
    const known = this.#known.get(projectId);
    if (this.#unseen?.projectId === projectId && this.#unseen.number === known) {
      this.#aloneUntil = Date.now() + ALONE;
      return null;
    }
    const told: Told = { number: newNumber(Date.now() - UNCHANGED), changes: [] };
    this.#unseen = { projectId, number: told.number };
    await inTime(this.#write(projectId, told));
    return told;
  }

  /** Says what has been changed by others in this place since the last look. */
  #heard(projectId: string, { number, changes }: Told): void {
    const known = this.#known.get(projectId);
    if (known === number) {
      if (this.#unseen?.number === number) this.#unseen = null;
      return;
    }
    this.#known.set(projectId, number);
    if (known === undefined) return;
    const at = changes.findIndex((change) => change.number === known);
    const missed = at < 0 ? null : changes.slice(at + 1).flatMap(({ instances }) => instances);
    const change = missed === null ? null : { projectId, instanceIds: missed };
    for (const listener of this.#listeners) listener(change);
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

function inTime<Result>(work: Promise<Result>): Promise<Result> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('the cache does not answer')), PATIENCE);
    work.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

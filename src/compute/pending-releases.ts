import { backoff, sleep } from '../async.ts';
import { deadlineIn, monotonicMs, wallMs, wallTime } from '../clock.ts';
import { LruMap } from '../lru-map.ts';
import type { Logger } from '../telemetry/logger.ts';
import { CallTrace } from './call-trace.ts';
import type { Cloud, CloudCredential, CloudDriver } from './cloud.ts';
import { hasCode } from './errors.ts';
import { type Located, type Tenant, tenantOf } from './regions.ts';
import { attemptRelease, type Release, type ReleaseOutcome, SETTLING_MS } from './release.ts';
import type { ReleaseStore } from './release-store.ts';
import { attemptConfirmation } from './resize-confirmation.ts';

export interface NewRelease extends Partial<Omit<Release, 'id' | keyof Located | 'settledAt'>> {
  readonly settlesInMs?: number;
  /** Until when other processes leave it alone; by default they do not. */
  readonly dueInMs?: number;
}

export interface Releases {
  /** Stores a release, so that another process can continue it. Never rejects. */
  plan(cloud: Cloud, what: NewRelease): Promise<Release>;
  /** Attempts it in the background until it is done. */
  begin(cloud: Cloud, release: Release): void;
  /** Plans and begins in the background what `find` resolves with. */
  check(cloud: Cloud, find: () => Promise<NewRelease | null>): void;
  /** Never rejects. */
  cancel(release: Release): Promise<void>;
}

export interface PendingReleasesPorts {
  readonly store: ReleaseStore;
  readonly clouds: Pick<CloudDriver, 'open' | 'regions'>;
  readonly log: Logger;
  readonly changed: (tenant: Tenant, instanceIds: readonly string[]) => Promise<void>;
}

export interface PendingReleasesOptions {
  readonly background?: (work: Promise<unknown>) => void;
  /** Background work ends after this and the next request continues it, where the runtime limits it. */
  readonly maxWorkMs?: number;
}

const ATTEMPT_TIMEOUT_MS = 15_000;
/** Projects between two attempts are not counted. Releases of one project in one region run one after the other. */
const MAX_CONCURRENT_PROJECTS = 16;
const MAX_JOBS_PER_PROJECT = 10_000;
/** Bounds of the pause between attempts, which is a quarter of the time since the first one. */
const MIN_BACKOFF_MS = 250;
const MAX_BACKOFF_MS = 30_000;
/** Until the next attempt for a restorable instance, or by another process. */
const RETRY_LATER_MS = 300_000;
const LOAD_INTERVAL_MS = 15_000;
const LOAD_BATCH = 200;
/** The service account is not tried again on a project without a role for so long. */
const NO_ROLE_TTL_MS = 3_600_000;
const GIVE_UP_AFTER_MS = 900_000;

const NOTHING = {
  instanceId: null,
  portIds: [],
  floatingIpIds: [],
  address: null,
  mark: null,
  serverMark: null,
};

interface Job {
  readonly release: Release;
  readonly cloud: Cloud;
  /** Monotonic ms. */
  readonly since: number;
  nextAt: number;
}

/**
 * Attempts releases in the background with growing pauses, one at a time per project and region. They are stored first: what a process leaves
 * is continued by the service account if it has a role in the project, else by the next request of the project on any gateway.
 */
export class PendingReleases implements Releases {
  readonly #ports: PendingReleasesPorts;
  readonly #background: (work: Promise<unknown>) => void;
  readonly #maxWorkMs: number;
  /** By tenant, then by release. Each tenant is queued or being processed. */
  readonly #jobs = new Map<Tenant, Map<string, Job>>();
  readonly #queue: Tenant[] = [];
  /** Tenants being processed, with the start in monotonic ms. */
  readonly #working = new Map<Tenant, number>();
  readonly #pauses = new Map<Tenant, AbortController>();
  /** Releases from the store that wait for a credential, by project. */
  readonly #unclaimed = new Map<string, readonly Release[]>();
  readonly #withoutRole = new LruMap<true>({ max: 1_000, lifetimeMs: NO_ROLE_TTL_MS });
  #loadedAt = Number.NEGATIVE_INFINITY;
  #stopped = false;

  constructor(ports: PendingReleasesPorts, options: PendingReleasesOptions = {}) {
    this.#ports = ports;
    this.#background = options.background ?? (() => {});
    this.#maxWorkMs = options.maxWorkMs ?? Number.POSITIVE_INFINITY;
  }

  async plan(
    cloud: Cloud,
    { settlesInMs = SETTLING_MS, dueInMs = 0, ...what }: NewRelease,
  ): Promise<Release> {
    const { region, projectId } = await cloud.caller();
    const settledAt = wallMs() + settlesInMs;
    const planned = { ...NOTHING, ...what, id: crypto.randomUUID(), region, projectId, settledAt };
    await this.#put(planned, dueInMs);
    return planned;
  }

  begin(cloud: Cloud, release: Release): void {
    const tenant = this.#tenantOf(release);
    if (this.#stopped) return;
    this.#forgetIfEnded(tenant);
    const jobs = this.#jobs.get(tenant) ?? new Map<string, Job>();
    if (jobs.has(release.id) || jobs.size >= MAX_JOBS_PER_PROJECT) return;
    const now = monotonicMs();
    jobs.set(release.id, { release, cloud, since: now, nextAt: now });
    if (this.#jobs.has(tenant)) {
      this.#pauses.get(tenant)?.abort();
      return;
    }
    this.#jobs.set(tenant, jobs);
    this.#queue.push(tenant);
    this.#workOn();
  }

  check(cloud: Cloud, find: () => Promise<NewRelease | null>): void {
    const checked = async () => {
      const what = await find();
      if (what !== null) this.begin(cloud, await this.plan(cloud, what));
    };
    this.#background(checked().catch((error) => this.#ports.log.warn('release_store_failed', {}, error)));
  }

  async cancel({ id }: Release): Promise<void> {
    await this.#ports.store.remove(id).catch((error) => this.#storeFailed(error));
  }

  /** Lends the credential of a request to unclaimed releases of its project. */
  served(projectId: string, credential: CloudCredential): void {
    const mine = this.#unclaimed.get(projectId);
    if (mine !== undefined) {
      this.#unclaimed.delete(projectId);
      for (const release of mine) this.begin(this.#open(credential, this.#regionOf(release)), release);
    }
    if (this.#isLoadDue()) {
      this.#background(this.load().then(() => this.served(projectId, credential)));
    }
  }

  /** Reads the store every 15 s at most and tries the service account. To be called regularly. */
  async load(): Promise<void> {
    if (!this.#isLoadDue()) return;
    this.#loadedAt = monotonicMs();
    const now = wallTime();
    const found = await this.#ports.store.due(now, LOAD_BATCH).catch((error) => {
      this.#storeFailed(error);
      return [];
    });
    const isMine = (release: Release) => this.#jobs.get(this.#tenantOf(release))?.has(release.id) === true;
    const byProject = Map.groupBy(
      found.filter((release) => !isMine(release)),
      ({ projectId }) => projectId,
    );
    for (const [projectId, releases] of byProject) {
      this.#unclaimed.set(projectId, releases);
      this.#background(this.#tryServiceAccount(projectId));
    }
  }

  /** Unfinished releases stay in the store. */
  stop(): void {
    this.#stopped = true;
    for (const pause of this.#pauses.values()) pause.abort();
  }

  #isLoadDue(): boolean {
    return !this.#stopped && monotonicMs() - this.#loadedAt >= LOAD_INTERVAL_MS;
  }

  async #tryServiceAccount(projectId: string): Promise<void> {
    if (this.#withoutRole.get(projectId)) return;
    const credential = { kind: 'service', projectId } as const;
    const may = await this.#open(credential, this.#ports.clouds.regions.default)
      .caller()
      .then(
        (caller) => caller.projectId === projectId,
        () => false,
      );
    if (!may) this.#withoutRole.set(projectId, true);
    const releases = may ? this.#unclaimed.get(projectId) : undefined;
    if (releases === undefined) return;
    this.#unclaimed.delete(projectId);
    for (const release of releases) this.begin(this.#open(credential, this.#regionOf(release)), release);
  }

  #regionOf({ region = this.#ports.clouds.regions.default }: Release): string {
    return region;
  }

  #tenantOf(release: Release): Tenant {
    return tenantOf({ region: this.#regionOf(release), projectId: release.projectId });
  }

  #open(credential: CloudCredential, region: string): Cloud {
    const requestId = `req-${crypto.randomUUID()}`;
    const deadline = deadlineIn(ATTEMPT_TIMEOUT_MS);
    const { log, clouds } = this.#ports;
    return clouds.open(credential, { region, deadline, requestId, log, trace: new CallTrace() });
  }

  /** A runtime may end background work without notice. */
  #forgetIfEnded(tenant: Tenant): void {
    const since = this.#working.get(tenant);
    if (since === undefined || monotonicMs() - since < this.#maxWorkMs + ATTEMPT_TIMEOUT_MS) return;
    this.#working.delete(tenant);
    this.#pauses.delete(tenant);
    this.#jobs.delete(tenant);
  }

  #workOn(): void {
    while (this.#working.size - this.#pauses.size < MAX_CONCURRENT_PROJECTS) {
      const tenant = this.#queue.shift();
      if (tenant === undefined) return;
      const since = monotonicMs();
      this.#working.set(tenant, since);
      const over = () => {
        if (this.#working.get(tenant) === since) this.#working.delete(tenant);
        this.#workOn();
      };
      this.#background(this.#workFor(tenant, since).then(over, over));
    }
  }

  async #workFor(tenant: Tenant, since: number): Promise<void> {
    const jobs = this.#jobs.get(tenant) ?? new Map<string, Job>();
    while (jobs.size > 0 && !this.#stopped && monotonicMs() - since < this.#maxWorkMs) {
      const next = [...jobs.values()].reduce((a, b) => (b.nextAt < a.nextAt ? b : a));
      const pause = next.nextAt - monotonicMs();
      if (pause > 0) await this.#pause(tenant, pause);
      else await this.#attempt(jobs, next);
    }
    if (this.#jobs.get(tenant) === jobs) this.#jobs.delete(tenant);
    const left = [...jobs.values()].map(({ release }) => release);
    const [first] = left;
    if (first === undefined) return;
    const { projectId } = first;
    this.#unclaimed.set(projectId, [...(this.#unclaimed.get(projectId) ?? []), ...left]);
  }

  /** Never rejects. */
  async #attempt(jobs: Map<string, Job>, job: Job): Promise<void> {
    const { release, cloud } = job;
    let outcome: ReleaseOutcome | 'refused' = 'waiting';
    let failure: unknown;
    try {
      const attempt = release.confirms ? attemptConfirmation : attemptRelease;
      outcome = await attempt(cloud.detached(ATTEMPT_TIMEOUT_MS), release, wallMs());
    } catch (error) {
      failure = error;
      // The credential has lost its rights; another one of the project has to continue.
      if (hasCode(error, 'forbidden', 'unauthenticated')) outcome = 'refused';
    }
    const now = monotonicMs();
    if (outcome === 'waiting' && now - job.since < GIVE_UP_AFTER_MS) {
      const pause = Math.min(MAX_BACKOFF_MS, Math.max(MIN_BACKOFF_MS, (now - job.since) / 4));
      job.nextAt = now + backoff(1, { initialMs: pause, maxMs: MAX_BACKOFF_MS, jitter: 0.25 });
      return;
    }
    jobs.delete(release.id);
    if (outcome === 'done') {
      await this.cancel(release);
      const resized = release.confirms && release.instanceId;
      await this.#ports.changed(this.#tenantOf(release), resized ? [resized] : []).catch(() => {});
      return;
    }
    // A long resize is no failure.
    const isExpected = outcome === 'restorable' || (release.confirms && failure === undefined);
    if (!isExpected) {
      const thing = release.confirms ? 'confirmation of the resize' : 'network';
      const what = `${thing} of instance ${release.instanceId ?? 'that was not made'}`;
      cloud.log.error('cleanup_failed', { what, release: release.id }, failure);
    }
    await this.#put(release, RETRY_LATER_MS);
  }

  /** Ends early when there is more to do for the project. */
  async #pause(tenant: Tenant, durationMs: number): Promise<void> {
    const pause = new AbortController();
    this.#pauses.set(tenant, pause);
    this.#workOn();
    await sleep(durationMs, pause.signal).catch(() => {});
    this.#pauses.delete(tenant);
  }

  async #put(release: Release, delay: number): Promise<void> {
    const dueAt = new Date(wallMs() + delay).toISOString();
    await this.#ports.store.put(release, dueAt).catch((error) => this.#storeFailed(error));
  }

  #storeFailed(error: unknown): void {
    this.#ports.log.warn('release_store_failed', {}, error);
  }
}

/** Repeats nothing, for use without a gateway. */
export const noReleases: Releases = {
  plan: async (_, { settlesInMs: _settlesIn, dueInMs: _dueIn, ...what }) => ({
    ...NOTHING,
    ...what,
    id: '',
    projectId: '',
    settledAt: 0,
  }),
  begin() {},
  check() {},
  async cancel() {},
};

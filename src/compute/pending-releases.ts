import { backoff, sleep } from '../async.ts';
import { deadlineIn, monotonicMs, wallMs, wallTime } from '../clock.ts';
import { LruMap } from '../lru-map.ts';
import type { Logger } from '../telemetry/logger.ts';
import { CallTrace } from './call-trace.ts';
import type { Cloud, CloudCredential, CloudDriver } from './cloud.ts';
import { hasCode } from './errors.ts';
import { type Tenant, tenantOf } from './regions.ts';
import { attemptRelease, type Release, type ReleaseOutcome, SETTLING_MS } from './release.ts';
import type { ReleaseStore } from './release-store.ts';
import { type NewRelease, NOTHING, type Releases } from './releases.ts';
import { attemptConfirmation } from './resize-confirmation.ts';

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

interface Job {
  readonly release: Release;
  readonly cloud: Cloud;
  /** The credential it was lent, by name; null: that of the request which began it. */
  readonly lentBy: string | null;
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
  /** Names of credentials that the cloud refused a release; others of the project continue it. */
  readonly #refused = new LruMap<true>({ max: 10_000, lifetimeMs: RETRY_LATER_MS });
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
    this.#begin(cloud, release, null);
  }

  #begin(cloud: Cloud, release: Release, lentBy: string | null): void {
    const tenant = this.#tenantOf(release);
    if (this.#stopped) return;
    this.#forgetIfEnded(tenant);
    const jobs = this.#jobs.get(tenant) ?? new Map<string, Job>();
    if (jobs.has(release.id) || jobs.size >= MAX_JOBS_PER_PROJECT) return;
    const now = monotonicMs();
    jobs.set(release.id, { release, cloud, lentBy, since: now, nextAt: now });
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
    if (mine !== undefined && !this.#refused.get(nameOf(credential))) {
      this.#unclaimed.delete(projectId);
      this.#lend(credential, mine);
    }
    if (this.#isLoadDue()) {
      const offered = this.#offers().then((offers) => Promise.all(offers));
      this.#background(offered.then(() => this.served(projectId, credential)));
    }
  }

  /** Reads the store every 15 s at most. To be called regularly. */
  async load(): Promise<void> {
    if (this.#isLoadDue()) this.#background(Promise.all(await this.#offers()));
  }

  /** What the store has, each project's being offered to the service account. */
  async #offers(): Promise<readonly Promise<void>[]> {
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
    return [...byProject].map(([projectId, releases]) => this.#offer(projectId, releases));
  }

  /** Unfinished releases stay in the store. */
  stop(): void {
    this.#stopped = true;
    for (const pause of this.#pauses.values()) pause.abort();
  }

  #isLoadDue(): boolean {
    return !this.#stopped && monotonicMs() - this.#loadedAt >= LOAD_INTERVAL_MS;
  }

  /** To the service account first: a customer's credential may lack the rights. Never rejects. */
  async #offer(projectId: string, releases: readonly Release[]): Promise<void> {
    const credential = { kind: 'service', projectId } as const;
    const may = !this.#refused.get(nameOf(credential)) && (await this.#mayServe(projectId, credential));
    if (may) this.#lend(credential, releases);
    else this.#unclaim(projectId, releases);
  }

  #lend(credential: CloudCredential, releases: readonly Release[]): void {
    for (const release of releases) {
      this.#begin(this.#open(credential, this.#regionOf(release)), release, nameOf(credential));
    }
  }

  #unclaim(projectId: string, releases: readonly Release[]): void {
    const known = this.#unclaimed.get(projectId) ?? [];
    const added = releases.filter(({ id }) => !known.some((one) => one.id === id));
    this.#unclaimed.set(projectId, [...known, ...added]);
  }

  async #mayServe(projectId: string, credential: CloudCredential): Promise<boolean> {
    if (this.#withoutRole.get(projectId)) return false;
    const may = await this.#open(credential, this.#ports.clouds.regions.default)
      .caller()
      .then(
        (caller) => caller.projectId === projectId,
        () => false,
      );
    if (!may) this.#withoutRole.set(projectId, true);
    return may;
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
    this.#unclaim(first.projectId, left);
  }

  /** Never rejects. */
  async #attempt(jobs: Map<string, Job>, job: Job): Promise<void> {
    const { release, cloud, lentBy } = job;
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
    if (outcome !== 'refused') return;
    if (lentBy !== null) this.#refused.set(lentBy, true);
    this.#unclaim(release.projectId, [release]);
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

/** Of a credential, without its secret. A redu cloud releases by itself. */
function nameOf(credential: CloudCredential): string {
  switch (credential.kind) {
    case 'application_credential':
      return credential.id;
    case 'service':
      return `service ${credential.projectId}`;
    case 'redu_key':
      return credential.kind;
  }
}

import * as z from 'zod';
import { SingleFlight, sleep } from '../../src/async.ts';
import { LruMap } from '../../src/lru-map.ts';
import { LocalVersions } from '../../src/traffic/versions/local-versions.ts';
import type {
  ProjectChange,
  ProjectVersion,
  ProjectVersions,
} from '../../src/traffic/versions/project-versions.ts';
import { parseJson } from './client.ts';
import type { RedisConnection } from './connection.ts';
import { Subscription } from './subscription.ts';
import type { RedisTarget } from './url.ts';
import { Acknowledgements, LEASE_EXPIRED_AFTER_MS, VersionLease } from './version-lease.ts';
import { LEASES_KEY, VERSION_TTL_S, type VersionScripts, versionScripts } from './version-scripts.ts';

const CHANGES_CHANNEL = 'linguanova:changes';
const acksChannel = (node: string) => `linguanova:acks:${node}`;
const versionKey = (projectId: string) => `linguanova:version:{${projectId}}`;

const MAX_PROJECTS = 50_000;
/** Well below `VERSION_TTL_S`, which a refresh extends. */
const CACHED_VERSION_TTL_MS = 3_600_000;
/** Projects beyond it stay cached on other gateways for up to their lifetime. */
const MAX_QUEUED_INVALIDATIONS = 10_000;
/** How long a write waits for Redis from the start of an outage; all leases have expired by then. */
const OUTAGE_WAIT_MS = 3_000;
const STANDALONE_MAX_AGE_MS = 1_000;

interface CachedVersion {
  readonly version: ProjectVersion;
  /** Versions of earlier epochs may be outdated, but are lower bounds of the current ones. */
  readonly epoch: number;
}

/** Follows the number in a message. */
const ChangeMessage = z.object({
  project: z.string(),
  instances: z.array(z.string()).readonly().nullable(),
  from: z.string(),
  id: z.int(),
});

/**
 * Every gateway subscribes to changes and acknowledges them. A write waits for the acknowledgements of all possible lease holders,
 * at most until their leases expire, so a lease holder serves versions from memory without a call to Redis.
 *
 * While Redis is down a gateway counts versions itself, serves cached responses for up to a second, and queues its invalidations;
 * it publishes those first when Redis is back.
 */
export class RedisVersions implements ProjectVersions {
  readonly #connection: RedisConnection;
  readonly #scripts: VersionScripts;
  readonly #subscription: Subscription;
  readonly #lease: VersionLease;
  readonly #local = new LocalVersions();
  readonly #cached = new LruMap<CachedVersion>({ max: MAX_PROJECTS, lifetimeMs: CACHED_VERSION_TTL_MS });
  readonly #inFlight = new SingleFlight<ProjectVersion>();
  readonly #queued = new Set<string>();
  readonly #acknowledgements = new Acknowledgements();
  readonly #listeners: ((change: ProjectChange | null) => void)[] = [];
  #state: 'standalone' | 'joining' | 'connected' = 'standalone';
  #isClosed = false;
  #epoch = 0;

  constructor(connection: RedisConnection, target: RedisTarget) {
    this.#connection = connection;
    this.#scripts = versionScripts(connection.client);
    this.#lease = new VersionLease(connection, this.#scripts, acksChannel(connection.id));
    this.#subscription = new Subscription(target, [CHANGES_CHANNEL, acksChannel(connection.id)], {
      onMessage: (channel, text) => this.#onMessage(channel, text),
      onHealthChange: (alive) => this.#onSubscriptionChange(alive),
    });
    connection.onChange((available) => {
      if (available) void this.#join();
      else {
        this.#leave();
        this.#subscription.reconnect();
      }
    });
  }

  async open(): Promise<void> {
    await this.#subscription.open();
    await this.#join();
  }

  close(): void {
    this.#isClosed = true;
    this.#leave();
    this.#subscription.close();
  }

  onChange(listener: (change: ProjectChange | null) => void): void {
    this.#listeners.push(listener);
  }

  peek(projectId: string): ProjectVersion | null {
    if (!this.#lease.isHeld) {
      return this.#state === 'standalone' ? this.#standaloneVersion(projectId) : null;
    }
    const cached = this.#cached.get(projectId);
    return cached?.epoch === this.#epoch ? cached.version : null;
  }

  current(projectId: string): Promise<ProjectVersion> {
    const cached = this.peek(projectId);
    if (cached !== null) return Promise.resolve(cached);
    // Without a lease a call in flight may return a version from before a change that this request has to see.
    if (!this.#lease.isHeld) return this.#fetch(projectId);
    return this.#inFlight.run(`${this.#epoch} ${projectId}`, () => this.#fetch(projectId));
  }

  async bump(change: ProjectChange): Promise<void> {
    this.#notify(change);
    await this.#local.bump(change);
    if (await this.#tryPublish(change)) return;
    const until = this.#connection.downSince + OUTAGE_WAIT_MS;
    while (!(await this.#tryPublish(change))) {
      const left = until - performance.now();
      if (left <= 0 || this.#isClosed) {
        this.#queueInvalidation(change.projectId);
        return;
      }
      await this.#connection.whenUp(left);
    }
  }

  #tryPublish(change: ProjectChange): Promise<boolean> {
    return this.#publish(change, true).then(
      () => true,
      () => false,
    );
  }

  #standaloneVersion(projectId: string): ProjectVersion {
    return { ...this.#local.peek(projectId), maxAgeMs: STANDALONE_MAX_AGE_MS };
  }

  async #fetch(projectId: string): Promise<ProjectVersion> {
    const epoch = this.#epoch;
    try {
      const number = await this.#connection.run(() =>
        this.#scripts.linguanovaCurrent(versionKey(projectId), VERSION_TTL_S, this.#floor(projectId)),
      );
      if (epoch === this.#epoch && this.#state === 'connected') return this.#observe(projectId, number, true);
    } catch {
      // The connection has logged the outage.
    }
    return this.#state === 'connected' && epoch !== this.#epoch
      ? this.current(projectId)
      : this.#standaloneVersion(projectId);
  }

  /** @param waits Resolve only when no gateway can serve an older version. */
  async #publish({ projectId, instanceIds }: ProjectChange, waits: boolean): Promise<void> {
    const acks = this.#acknowledgements.expect();
    const receivesAcks = this.#subscription.alive;
    try {
      const number = await this.#connection.run(() =>
        this.#scripts.linguanovaNext(versionKey(projectId), VERSION_TTL_S, this.#floor(projectId)),
      );
      const { id: from } = this.#connection;
      const message = { project: projectId, instances: instanceIds, from, id: acks.id };
      const text = `${number} ${JSON.stringify(message satisfies z.infer<typeof ChangeMessage>)}`;
      const [completeForMs, ...nodes] = await this.#connection.run(() =>
        this.#scripts.linguanovaAnnounce(LEASES_KEY, CHANGES_CHANNEL, text, LEASE_EXPIRED_AFTER_MS),
      );
      this.#observe(projectId, number, false);
      if (!waits) return;
      const others = nodes.filter((node) => node !== from);
      // Lease holders may be missing from a list that Redis has lost.
      const unlistedMs = LEASE_EXPIRED_AFTER_MS - completeForMs;
      const waiting = [unlistedMs > 0 ? sleep(unlistedMs) : undefined];
      if (others.length > 0)
        waiting.push(
          receivesAcks ? acks.from(others, LEASE_EXPIRED_AFTER_MS) : sleep(LEASE_EXPIRED_AFTER_MS),
        );
      await Promise.all(waiting);
    } finally {
      acks.cancel();
    }
  }

  #onMessage(channel: string, text: string): void {
    const [first = '', rest = ''] = text.split(/ (.*)/s);
    if (channel !== CHANGES_CHANNEL) {
      if (first === 'lease') this.#lease.onRenewed(Number(rest));
      else this.#acknowledgements.ack(Number(first), rest);
      return;
    }
    const number = Number(first);
    const { data: message } = ChangeMessage.safeParse(parseJson(rest));
    if (message === undefined || message.from === this.#connection.id || !Number.isSafeInteger(number))
      return;
    const { project, instances, from, id } = message;
    this.#observe(project, number, false);
    this.#notify({ projectId: project, instanceIds: instances });
    // If it is lost, the write waits until the lease has expired.
    this.#connection
      .run(() => this.#connection.client.publish(acksChannel(from), `${id} ${this.#connection.id}`))
      .catch(() => {});
  }

  /** The higher of this number and the cached one. @param fetched Its message may still be under way. */
  #observe(projectId: string, number: number, fetched: boolean): ProjectVersion {
    const cached = this.#cached.get(projectId);
    if (cached?.epoch === this.#epoch && cached.version.number >= number) return cached.version;
    const version = { number, shared: true };
    this.#cached.set(projectId, { version, epoch: this.#epoch });
    if (fetched && cached?.epoch === this.#epoch) this.#notify({ projectId, instanceIds: null });
    return version;
  }

  #floor(projectId: string): number {
    return this.#cached.get(projectId)?.version.number ?? 0;
  }

  #queueInvalidation(projectId: string): void {
    this.#queued.delete(projectId);
    this.#queued.add(projectId);
    const [oldest] = this.#queued;
    if (this.#queued.size > MAX_QUEUED_INVALIDATIONS && oldest !== undefined) this.#queued.delete(oldest);
  }

  #notify(change: ProjectChange | null): void {
    for (const listener of this.#listeners) listener(change);
  }

  /** Publishes queued invalidations, then fetches versions from Redis, with a lease while messages are received. */
  async #join(): Promise<void> {
    if (this.#state !== 'standalone' || !this.#connection.available || this.#isClosed) return;
    this.#state = 'joining';
    while (this.#queued.size > 0) {
      const [projectId = ''] = this.#queued;
      this.#queued.delete(projectId);
      try {
        await this.#publish({ projectId, instanceIds: null }, false);
      } catch {
        this.#queueInvalidation(projectId);
        this.#leave();
      }
      if (!this.#isJoining()) return;
    }
    this.#state = 'connected';
    this.#newEpoch();
    if (this.#subscription.alive) this.#lease.start();
  }

  /** `#leave` may have been called meanwhile. */
  #isJoining(): boolean {
    return this.#state === 'joining';
  }

  #leave(): void {
    this.#state = 'standalone';
    this.#lease.stop();
    this.#newEpoch();
  }

  #onSubscriptionChange(alive: boolean): void {
    this.#lease.stop();
    this.#newEpoch();
    if (!alive) return;
    if (this.#state === 'connected') this.#lease.start();
    else void this.#join();
  }

  /** Invalidates all cached versions, as changes may have been missed. */
  #newEpoch(): void {
    this.#epoch += 1;
    this.#notify(null);
  }
}

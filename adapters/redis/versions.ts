import * as z from 'zod';
import { SingleFlight, sleep } from '../../src/async.ts';
import type { Tenant } from '../../src/compute/regions.ts';
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
const versionKey = (tenant: Tenant) => `linguanova:version:{${tenant}}`;

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
  tenant: z.string().transform((text) => text as Tenant),
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
  readonly #queued = new Set<Tenant>();
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

  peek(tenant: Tenant): ProjectVersion | null {
    if (!this.#lease.isHeld) {
      return this.#state === 'standalone' ? this.#standaloneVersion(tenant) : null;
    }
    const cached = this.#cached.get(tenant);
    return cached?.epoch === this.#epoch ? cached.version : null;
  }

  current(tenant: Tenant): Promise<ProjectVersion> {
    const cached = this.peek(tenant);
    if (cached !== null) return Promise.resolve(cached);
    // Without a lease a call in flight may return a version from before a change that this request has to see.
    if (!this.#lease.isHeld) return this.#fetch(tenant);
    return this.#inFlight.run(`${this.#epoch} ${tenant}`, () => this.#fetch(tenant));
  }

  async bump(change: ProjectChange): Promise<void> {
    this.#notify(change);
    await this.#local.bump(change);
    if (await this.#tryPublish(change)) return;
    const until = this.#connection.downSince + OUTAGE_WAIT_MS;
    while (!(await this.#tryPublish(change))) {
      const left = until - performance.now();
      if (left <= 0 || this.#isClosed) {
        this.#queueInvalidation(change.tenant);
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

  #standaloneVersion(tenant: Tenant): ProjectVersion {
    return { ...this.#local.peek(tenant), maxAgeMs: STANDALONE_MAX_AGE_MS };
  }

  async #fetch(tenant: Tenant): Promise<ProjectVersion> {
    const epoch = this.#epoch;
    try {
      const number = await this.#connection.run(() =>
        this.#scripts.linguanovaCurrent(versionKey(tenant), VERSION_TTL_S, this.#floor(tenant)),
      );
      if (epoch === this.#epoch && this.#state === 'connected') return this.#observe(tenant, number, true);
    } catch {
      // The connection has logged the outage.
    }
    return this.#state === 'connected' && epoch !== this.#epoch
      ? this.current(tenant)
      : this.#standaloneVersion(tenant);
  }

  /** @param waits Resolve only when no gateway can serve an older version. */
  async #publish({ tenant, instanceIds }: ProjectChange, waits: boolean): Promise<void> {
    const acks = this.#acknowledgements.expect();
    const receivesAcks = this.#subscription.alive;
    try {
      const number = await this.#connection.run(() =>
        this.#scripts.linguanovaNext(versionKey(tenant), VERSION_TTL_S, this.#floor(tenant)),
      );
      const { id: from } = this.#connection;
      const message = { tenant, instances: instanceIds, from, id: acks.id };
      const text = `${number} ${JSON.stringify(message satisfies z.input<typeof ChangeMessage>)}`;
      const [completeForMs, ...nodes] = await this.#connection.run(() =>
        this.#scripts.linguanovaAnnounce(LEASES_KEY, CHANGES_CHANNEL, text, LEASE_EXPIRED_AFTER_MS),
      );
      this.#observe(tenant, number, false);
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
    const { tenant, instances, from, id } = message;
    this.#observe(tenant, number, false);
    this.#notify({ tenant, instanceIds: instances });
    // If it is lost, the write waits until the lease has expired.
    this.#connection
      .run(() => this.#connection.client.publish(acksChannel(from), `${id} ${this.#connection.id}`))
      .catch(() => {});
  }

  /** The higher of this number and the cached one. @param fetched Its message may still be under way. */
  #observe(tenant: Tenant, number: number, fetched: boolean): ProjectVersion {
    const cached = this.#cached.get(tenant);
    if (cached?.epoch === this.#epoch && cached.version.number >= number) return cached.version;
    const version = { number, shared: true };
    this.#cached.set(tenant, { version, epoch: this.#epoch });
    if (fetched && cached?.epoch === this.#epoch) this.#notify({ tenant, instanceIds: null });
    return version;
  }

  #floor(tenant: Tenant): number {
    return this.#cached.get(tenant)?.version.number ?? 0;
  }

  #queueInvalidation(tenant: Tenant): void {
    this.#queued.delete(tenant);
    this.#queued.add(tenant);
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
    for (;;) {
      const [tenant] = this.#queued;
      if (tenant === undefined) break;
      this.#queued.delete(tenant);
      try {
        await this.#publish({ tenant, instanceIds: null }, false);
      } catch {
        this.#queueInvalidation(tenant);
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

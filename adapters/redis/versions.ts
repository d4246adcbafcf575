import * as z from 'zod';
import { SingleFlight, sleep } from '../../src/async.ts';
import { LruMap } from '../../src/lru-map.ts';
import { LocalVersions } from '../../src/traffic/versions/local-versions.ts';
import type {
  ProjectChange,
  ProjectVersion,
  ProjectVersions,
} from '../../src/traffic/versions/project-versions.ts';
import { Acknowledgements } from './acknowledgements.ts';
import type { RedisConnection } from './connection.ts';
import { Subscription } from './subscription.ts';
import type { RedisTarget } from './url.ts';
import { LEASE_EXPIRED_AFTER_MS, VersionLease } from './version-lease.ts';
import { LEASES_KEY, VERSION_TTL_S, versionKey, versionScripts } from './version-scripts.ts';

const CHANGES_CHANNEL = 'linguanova:changes';
const acksChannel = (node: string) => `linguanova:acks:${node}`;

const MAX_PROJECTS = 50_000;
/** After so long a project's version is asked for again, which keeps Redis from forgetting it; milliseconds. */
const CACHED_VERSION_TTL_MS = 3_600_000;
/** Projects whose changes wait for Redis to come back. Of more than these, others see what was before for as long as they
 * keep it. */
const MAX_QUEUED_INVALIDATIONS = 10_000;
/** Milliseconds after Redis was lost that a change waits for it: by then no lease is held that was renewed before. */
const OUTAGE_WAIT_MS = 3_000;
/** Milliseconds after it was fetched that a cached response is served without Redis. */
const STANDALONE_MAX_AGE_MS = 1_000;

interface CachedVersion {
  readonly version: ProjectVersion;
  /** Numbers of earlier times may be old; they are still the lowest that the next may have. */
  readonly epoch: number;
}

/** What follows the number in a message. */
const ChangeMessage = z.object({
  project: z.string(),
  instances: z.array(z.string()).readonly().nullable(),
  from: z.string(),
  id: z.int(),
});

/**
 * Versions in Redis, for all gateways that share it. Each subscribes to changes and acknowledges them. A change waits for the
 * acknowledgements of all that may hold a lease, and without one until that lease is over; so a gateway that holds a lease serves
 * from memory, and asks Redis otherwise.
 *
 * Without Redis a gateway counts for itself, serves cached responses for a second, remembers what it has changed, and announces
 * that first when Redis is back.
 */
export class RedisVersions implements ProjectVersions {
  readonly #connection: RedisConnection;
  readonly #scripts: ReturnType<typeof versionScripts>;
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
      onMessage: (channel, message) => this.#onMessage(channel, message),
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
    if (!this.#lease.isHeld) return this.#state === 'standalone' ? this.#standaloneVersion(projectId) : null;
    const known = this.#cached.get(projectId);
    return known?.epoch === this.#epoch ? known.version : null;
  }

  current(projectId: string): Promise<ProjectVersion> {
    const known = this.peek(projectId);
    if (known !== null) return Promise.resolve(known);
    // Without a lease a question that was sent before this request came may have an answer from before a change. Questions of an
    // earlier time are not joined either.
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

  async #tryPublish(change: ProjectChange): Promise<boolean> {
    try {
      await this.#publish(change, true);
      return true;
    } catch {
      return false;
    }
  }

  #standaloneVersion(projectId: string): ProjectVersion {
    return { ...this.#local.peek(projectId), maxAge: STANDALONE_MAX_AGE_MS };
  }

  async #fetch(projectId: string): Promise<ProjectVersion> {
    const epoch = this.#epoch;
    try {
      const number = await this.#connection.run(() =>
        this.#scripts.linguanovaCurrent(versionKey(projectId), VERSION_TTL_S, this.#floor(projectId)),
      );
      if (epoch === this.#epoch && this.#state === 'connected') return this.#observe(projectId, number, true);
    } catch {
      // Redis is lost; the link says so in the log.
    }
    return this.#state === 'connected' && epoch !== this.#epoch
      ? this.current(projectId)
      : this.#standaloneVersion(projectId);
  }

  /** @param waits Whether it resolves only when no gateway serves by an older version any more. */
  async #publish({ projectId, instanceIds }: ProjectChange, waits: boolean): Promise<void> {
    const expected = this.#acknowledgements.expect();
    const hears = this.#subscription.alive;
    try {
      const number = await this.#connection.run(() =>
        this.#scripts.linguanovaNext(versionKey(projectId), VERSION_TTL_S, this.#floor(projectId)),
      );
      const { id: from } = this.#connection;
      const message = { project: projectId, instances: instanceIds, from, id: expected.id };
      const text = `${number} ${JSON.stringify(message satisfies z.infer<typeof ChangeMessage>)}`;
      const [completeFor, ...nodes] = await this.#connection.run(() =>
        this.#scripts.linguanovaAnnounce(LEASES_KEY, CHANGES_CHANNEL, text, LEASE_EXPIRED_AFTER_MS),
      );
      this.#observe(projectId, number, false);
      if (!waits) return;
      const others = nodes.filter((node) => node !== from);
      // Redis may have lost its memory, and with it who held a lease then.
      const unlisted = LEASE_EXPIRED_AFTER_MS - completeFor;
      const waiting = [sleep(unlisted)];
      if (others.length > 0)
        waiting.push(hears ? expected.from(others, LEASE_EXPIRED_AFTER_MS) : sleep(LEASE_EXPIRED_AFTER_MS));
      await Promise.all(waiting);
    } finally {
      expected.cancel();
    }
  }

  #onMessage(channel: string, message: string): void {
    const [first = '', rest = ''] = message.split(/ (.*)/s);
    if (channel !== CHANGES_CHANNEL) {
      if (first === 'lease') this.#lease.onRenewed(Number(rest));
      else this.#acknowledgements.ack(Number(first), rest);
      return;
    }
    const number = Number(first);
    const told = parse(rest);
    if (told === null || told.from === this.#connection.id || !Number.isSafeInteger(number)) return;
    const { project, instances, from, id } = told;
    this.#observe(project, number, false);
    this.#notify({ projectId: project, instanceIds: instances });
    // Not waited for; a change that is not acknowledged waits until the lease is over.
    this.#connection
      .run(() => this.#connection.client.publish(acksChannel(from), `${id} ${this.#connection.id}`))
      .catch(() => {});
  }

  /**
   * The higher of this number and what is known.
   *
   * @param asked It comes from Redis, before the message of the change that made it.
   */
  #observe(projectId: string, number: number, asked: boolean): ProjectVersion {
    const known = this.#cached.get(projectId);
    if (known?.epoch === this.#epoch && known.version.number >= number) return known.version;
    const version = { number, shared: true };
    this.#cached.set(projectId, { version, epoch: this.#epoch });
    if (asked && known?.epoch === this.#epoch) this.#notify({ projectId, instanceIds: null });
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

  /** Once Redis serves: announces what was changed meanwhile, then asks it, and holds a lease while messages come. */
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

  /** `#leave` may have come in between. */
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

  /** What is kept may be old: changes may have been missed. */
  #newEpoch(): void {
    this.#epoch += 1;
    this.#notify(null);
  }
}

function parse(text: string): z.infer<typeof ChangeMessage> | null {
  try {
    return ChangeMessage.parse(JSON.parse(text));
  } catch {
    return null;
  }
}

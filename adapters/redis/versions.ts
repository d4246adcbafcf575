import * as z from 'zod';
import { LruMap } from '../../src/lru-map.ts';
import { LocalVersions } from '../../src/traffic/versions/local-versions.ts';
import type {
  ProjectChange,
  ProjectVersion,
  ProjectVersions,
} from '../../src/traffic/versions/project-versions.ts';
import { Acknowledgements } from './acknowledgements.ts';
import { LEASE_OVER, Lease } from './lease.ts';
import type { RedisLink } from './link.ts';
import { Subscription } from './subscription.ts';
import type { RedisTarget } from './url.ts';
import { LEASES, VERSION_LIFE, versionKey, versionScripts } from './version-scripts.ts';

const CHANGES = 'linguanova:changes';
const answersTo = (node: string) => `linguanova:heard:${node}`;

const MAX_PROJECTS = 50_000;
/** After so long a project's version is asked for again, which keeps Redis from forgetting it; milliseconds. */
const KNOWN_LIFE = 3_600_000;
/** Projects whose changes wait for Redis to come back. Of more than these, others see what was before for as long as they
 * keep it. */
const MAX_MISSED = 10_000;
/** Milliseconds after Redis was lost that a change waits for it: by then no lease is held that was renewed before. */
const PATIENCE = 3_000;
/** Milliseconds after it was fetched that a cached response is served without Redis. */
const ALONE_MAX_AGE = 1_000;

interface Known {
  readonly version: ProjectVersion;
  /** Numbers of earlier times may be old; they are still the lowest that the next may have. */
  readonly time: number;
}

/** What follows the number in a message. */
const Told = z.object({
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
  readonly #link: RedisLink;
  readonly #scripts: ReturnType<typeof versionScripts>;
  readonly #subscription: Subscription;
  readonly #lease: Lease;
  readonly #local = new LocalVersions();
  readonly #known = new LruMap<Known>({ max: MAX_PROJECTS, lifetime: KNOWN_LIFE });
  readonly #asking = new Map<string, Promise<ProjectVersion>>();
  readonly #missed = new Set<string>();
  readonly #acknowledgements = new Acknowledgements();
  readonly #listeners: ((change: ProjectChange | null) => void)[] = [];
  #state: 'alone' | 'joining' | 'joined' = 'alone';
  #isClosed = false;
  #time = 0;

  constructor(link: RedisLink, target: RedisTarget) {
    this.#link = link;
    this.#scripts = versionScripts(link.client);
    this.#lease = new Lease(link, this.#scripts, answersTo(link.id));
    this.#subscription = new Subscription(target, [CHANGES, answersTo(link.id)], {
      heard: (channel, message) => this.#heard(channel, message),
      turned: (alive) => this.#subscriptionTurned(alive),
    });
    link.onChange((available) => {
      if (available) void this.#join();
      else {
        this.#leave();
        this.#subscription.renew();
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

  known(projectId: string): ProjectVersion | null {
    if (!this.#lease.isHeld) return this.#state === 'alone' ? this.#alone(projectId) : null;
    const known = this.#known.get(projectId);
    return known?.time === this.#time ? known.version : null;
  }

  current(projectId: string): Promise<ProjectVersion> {
    const known = this.known(projectId);
    if (known !== null) return Promise.resolve(known);
    // Without a lease a question that was sent before this request came may have an answer from before a change. Questions of an
    // earlier time are not joined either.
    if (!this.#lease.isHeld) return this.#ask(projectId);
    const question = `${this.#time} ${projectId}`;
    const asking = this.#asking.get(question);
    if (asking !== undefined) return asking;
    const asked = this.#ask(projectId).finally(() => this.#asking.delete(question));
    this.#asking.set(question, asked);
    return asked;
  }

  async changed(change: ProjectChange): Promise<void> {
    this.#tell(change);
    await this.#local.changed(change);
    if (await this.#isPublished(change)) return;
    const until = this.#link.lostAt + PATIENCE;
    while (!(await this.#isPublished(change))) {
      const left = until - performance.now();
      if (left <= 0 || this.#isClosed) {
        this.#miss(change.projectId);
        return;
      }
      await this.#link.whenBack(left);
    }
  }

  async #isPublished(change: ProjectChange): Promise<boolean> {
    try {
      await this.#publish(change, true);
      return true;
    } catch {
      return false;
    }
  }

  #alone(projectId: string): ProjectVersion {
    return { ...this.#local.known(projectId), maxAge: ALONE_MAX_AGE };
  }

  async #ask(projectId: string): Promise<ProjectVersion> {
    const time = this.#time;
    try {
      const number = await this.#link.run(() =>
        this.#scripts.linguanovaCurrent(versionKey(projectId), VERSION_LIFE, this.#floor(projectId)),
      );
      if (time === this.#time && this.#state === 'joined') return this.#learn(projectId, number, true);
    } catch {
      // Redis is lost; the link says so in the log.
    }
    return this.#state === 'joined' && time !== this.#time ? this.current(projectId) : this.#alone(projectId);
  }

  /** @param waits Whether it resolves only when no gateway serves by an older version any more. */
  async #publish({ projectId, instanceIds }: ProjectChange, waits: boolean): Promise<void> {
    const expected = this.#acknowledgements.expect();
    const hears = this.#subscription.alive;
    try {
      const number = await this.#link.run(() =>
        this.#scripts.linguanovaNext(versionKey(projectId), VERSION_LIFE, this.#floor(projectId)),
      );
      const { id: from } = this.#link;
      const message = { project: projectId, instances: instanceIds, from, id: expected.id };
      const text = `${number} ${JSON.stringify(message satisfies z.infer<typeof Told>)}`;
      const [completeFor, ...nodes] = await this.#link.run(() =>
        this.#scripts.linguanovaAnnounce(LEASES, CHANGES, text, LEASE_OVER),
      );
      this.#learn(projectId, number, false);
      if (!waits) return;
      const others = nodes.filter((node) => node !== from);
      // Redis may have lost its memory, and with it who held a lease then.
      const unlisted = LEASE_OVER - completeFor;
      const waiting = [pause(unlisted)];
      if (others.length > 0) waiting.push(hears ? expected.from(others, LEASE_OVER) : pause(LEASE_OVER));
      await Promise.all(waiting);
    } finally {
      expected.cancel();
    }
  }

  #heard(channel: string, message: string): void {
    const [first = '', rest = ''] = message.split(/ (.*)/s);
    if (channel !== CHANGES) {
      if (first === 'lease') this.#lease.renewed(Number(rest));
      else this.#acknowledgements.heard(Number(first), rest);
      return;
    }
    const number = Number(first);
    const told = parse(rest);
    if (told === null || told.from === this.#link.id || !Number.isSafeInteger(number)) return;
    const { project, instances, from, id } = told;
    this.#learn(project, number, false);
    this.#tell({ projectId: project, instanceIds: instances });
    // Not waited for; a change that is not acknowledged waits until the lease is over.
    this.#link
      .run(() => this.#link.client.publish(answersTo(from), `${id} ${this.#link.id}`))
      .catch(() => {});
  }

  /**
   * The higher of this number and what is known.
   *
   * @param asked It comes from Redis, before the message of the change that made it.
   */
  #learn(projectId: string, number: number, asked: boolean): ProjectVersion {
    const known = this.#known.get(projectId);
    if (known?.time === this.#time && known.version.number >= number) return known.version;
    const version = { number, shared: true };
    this.#known.set(projectId, { version, time: this.#time });
    if (asked && known?.time === this.#time) this.#tell({ projectId, instanceIds: null });
    return version;
  }

  #floor(projectId: string): number {
    return this.#known.get(projectId)?.version.number ?? 0;
  }

  #miss(projectId: string): void {
    this.#missed.delete(projectId);
    this.#missed.add(projectId);
    const [oldest] = this.#missed;
    if (this.#missed.size > MAX_MISSED && oldest !== undefined) this.#missed.delete(oldest);
  }

  #tell(change: ProjectChange | null): void {
    for (const listener of this.#listeners) listener(change);
  }

  /** Once Redis serves: announces what was changed meanwhile, then asks it, and holds a lease while messages come. */
  async #join(): Promise<void> {
    if (this.#state !== 'alone' || !this.#link.available || this.#isClosed) return;
    this.#state = 'joining';
    while (this.#missed.size > 0) {
      const [projectId = ''] = this.#missed;
      this.#missed.delete(projectId);
      try {
        await this.#publish({ projectId, instanceIds: null }, false);
      } catch {
        this.#miss(projectId);
        this.#leave();
      }
      if (!this.#isJoining()) return;
    }
    this.#state = 'joined';
    this.#forget();
    if (this.#subscription.alive) this.#lease.keep();
  }

  /** `#leave` may have come in between. */
  #isJoining(): boolean {
    return this.#state === 'joining';
  }

  #leave(): void {
    this.#state = 'alone';
    this.#lease.drop();
    this.#forget();
  }

  #subscriptionTurned(alive: boolean): void {
    this.#lease.drop();
    this.#forget();
    if (!alive) return;
    if (this.#state === 'joined') this.#lease.keep();
    else void this.#join();
  }

  /** What is kept may be old: changes may have been missed. */
  #forget(): void {
    this.#time += 1;
    this.#tell(null);
  }
}

function pause(milliseconds: number): Promise<void> {
  return milliseconds <= 0 ? Promise.resolve() : new Promise((resolve) => setTimeout(resolve, milliseconds));
}

function parse(text: string): z.infer<typeof Told> | null {
  try {
    return Told.parse(JSON.parse(text));
  } catch {
    return null;
  }
}

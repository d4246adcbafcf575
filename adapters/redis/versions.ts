import * as z from 'zod';
import { LruMap } from '../../src/lru-map.ts';
import { LocalVersions } from '../../src/traffic/versions/local-versions.ts';
import type {
  ProjectChange,
  ProjectVersion,
  ProjectVersions,
} from '../../src/traffic/versions/project-versions.ts';
import { Acknowledgements } from './acknowledgements.ts';
import type { RedisLink } from './link.ts';
import { Subscription } from './subscription.ts';
import type { RedisTarget } from './url.ts';
import { VERSION_LIFE, versionKey, versionScripts } from './version-scripts.ts';

const CHANGES = 'linguanova:changes';
const answersTo = (node: string) => `linguanova:heard:${node}`;

/** Milliseconds that a change waits for the other gateways to have heard of it. */
const PATIENCE = 250;
const MAX_PROJECTS = 50_000;
/** After so long a project's version is asked for again, which keeps Redis from forgetting it; milliseconds. */
const KNOWN_LIFE = 3_600_000;
/** Projects whose changes wait for Redis to come back. Of more than these, others see what was before for as long as they
 * keep it. */
const MAX_MISSED = 10_000;

interface Known {
  readonly version: ProjectVersion;
  /** Numbers of earlier times may be old; they are still the lowest that the next may have. */
  readonly time: number;
}

/** What follows the number in a message. */
const Told = z.object({ project: z.string(), instances: z.array(z.string()), from: z.string(), id: z.int() });

/**
 * Versions in Redis, for all gateways that share it. Each is told of every change and says that it has heard, which is what a
 * change waits for; so no read has to ask Redis.
 *
 * A gateway is *joined* while it can write to Redis and hears what is published. Else it counts for itself, keeps in mind what
 * it has changed, and tells that first when it is joined again: nothing that was kept before it is used then.
 */
export class RedisVersions implements ProjectVersions {
  readonly #link: RedisLink;
  readonly #scripts: ReturnType<typeof versionScripts>;
  readonly #subscription: Subscription;
  readonly #isCluster: boolean;
  readonly #local = new LocalVersions();
  readonly #known = new LruMap<Known>({ max: MAX_PROJECTS, lifetime: KNOWN_LIFE });
  readonly #asking = new Map<string, Promise<ProjectVersion>>();
  readonly #missed = new Set<string>();
  readonly #acknowledgements = new Acknowledgements();
  readonly #listeners: ((change: ProjectChange | null) => void)[] = [];
  #state: 'alone' | 'joining' | 'joined' = 'alone';
  #time = 0;

  constructor(link: RedisLink, target: RedisTarget) {
    this.#link = link;
    this.#scripts = versionScripts(link.client);
    this.#isCluster = target.kind === 'cluster';
    this.#subscription = new Subscription(target, [CHANGES, answersTo(link.id)], {
      heard: (channel, message) => this.#heard(channel, message),
      turned: (alive) => (alive ? void this.#join() : this.#leave()),
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
    this.#leave();
    this.#subscription.close();
  }

  onChange(listener: (change: ProjectChange | null) => void): void {
    this.#listeners.push(listener);
  }

  known(projectId: string): ProjectVersion | null {
    if (this.#state !== 'joined') return this.#local.known(projectId);
    const known = this.#known.get(projectId);
    return known?.time === this.#time ? known.version : null;
  }

  current(projectId: string): Promise<ProjectVersion> {
    const known = this.known(projectId);
    if (known !== null) return Promise.resolve(known);
    // Questions of an earlier time are not joined.
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
    await this.#publish(change, PATIENCE).catch(() => this.#miss(change.projectId));
  }

  async #ask(projectId: string): Promise<ProjectVersion> {
    const time = this.#time;
    try {
      const number = await this.#link.run(() =>
        this.#scripts.linguanovaCurrent(versionKey(projectId), VERSION_LIFE, this.#floor(projectId)),
      );
      // Whoever joined this question meanwhile came before any change of which this gateway has not heard by now.
      if (time === this.#time) return this.#learn(projectId, number);
    } catch {
      // Redis is lost; the link says so in the log.
    }
    return this.#state === 'joined' && time !== this.#time
      ? this.current(projectId)
      : this.#local.current(projectId);
  }

  /** @param patience Milliseconds to wait for the others; 0: none. */
  async #publish({ projectId, instanceIds }: ProjectChange, patience: number): Promise<void> {
    const expected = this.#acknowledgements.expect(patience);
    const hears = this.#subscription.alive;
    try {
      const text = JSON.stringify({
        project: projectId,
        instances: instanceIds,
        from: this.#link.id,
        id: expected.id,
      });
      const floor = this.#floor(projectId);
      const [number, told] = await this.#link.run(() =>
        this.#scripts.linguanovaChange(versionKey(projectId), VERSION_LIFE, floor, CHANGES, text),
      );
      this.#learn(projectId, number);
      // A node of a cluster counts only those that listen at it.
      const others = (this.#isCluster ? this.#link.nodes : told) - 1;
      if (hears && patience > 0 && others > 0) await expected.from(others);
    } finally {
      expected.cancel();
    }
  }

  #heard(channel: string, message: string): void {
    const space = message.indexOf(' ');
    const number = Number(message.slice(0, space));
    const rest = message.slice(space + 1);
    if (channel !== CHANGES) {
      this.#acknowledgements.heard(number, rest);
      return;
    }
    const told = parse(rest);
    if (told === null || told.from === this.#link.id || !Number.isSafeInteger(number)) return;
    const { project, instances, from, id } = told;
    this.#learn(project, number);
    this.#tell({ projectId: project, instanceIds: instances });
    // Not waited for; a change that is not answered waits a moment and goes on.
    this.#link
      .run(() => this.#link.client.publish(answersTo(from), `${id} ${this.#link.id}`))
      .catch(() => {});
  }

  /** The higher of this number and what is known. */
  #learn(projectId: string, number: number): ProjectVersion {
    const known = this.#known.get(projectId);
    if (known?.time === this.#time && known.version.number >= number) return known.version;
    const version = { number, shared: true };
    this.#known.set(projectId, { version, time: this.#time });
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

  /** Once Redis serves and messages come: tells what was changed meanwhile, then believes what is told. */
  async #join(): Promise<void> {
    if (this.#state !== 'alone' || !this.#link.available || !this.#subscription.alive) return;
    this.#state = 'joining';
    while (this.#missed.size > 0) {
      const [projectId = ''] = this.#missed;
      this.#missed.delete(projectId);
      try {
        await this.#publish({ projectId, instanceIds: [] }, 0);
      } catch {
        this.#miss(projectId);
        this.#leave();
      }
      if (!this.#isJoining()) return;
    }
    this.#state = 'joined';
    this.#forget();
  }

  /** `#leave` may have come in between. */
  #isJoining(): boolean {
    return this.#state === 'joining';
  }

  #leave(): void {
    this.#state = 'alone';
    this.#acknowledgements.giveUp();
    this.#forget();
  }

  /** What is kept may be old: changes may have been missed. */
  #forget(): void {
    this.#time += 1;
    this.#tell(null);
  }
}

function parse(text: string): z.infer<typeof Told> | null {
  try {
    return Told.parse(JSON.parse(text));
  } catch {
    return null;
  }
}

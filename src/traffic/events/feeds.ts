import { deadlineIn } from '../../clock.ts';
import { CallTrace } from '../../compute/call-trace.ts';
import type { CallContext, CloudDriver } from '../../compute/cloud.ts';
import { ComputeError, hasCode } from '../../compute/errors.ts';
import { listInstances } from '../../compute/instances.ts';
import type { Instance } from '../../compute/model.ts';
import { isTransitional } from '../../compute/states.ts';
import type { Logger } from '../../telemetry/logger.ts';
import type { Metrics } from '../../telemetry/metrics.ts';
import type { ProjectChange, ProjectVersions } from '../versions/project-versions.ts';
import type { Shown } from './changes.ts';
import type { EventLog } from './event-log.ts';
import { Feed, type FeedParts, type Role, type Wording } from './feed.ts';
import type { FeedKey } from './feed-key.ts';
import type { Listener } from './listener.ts';
import type { Look } from './lookout.ts';

export interface FeedPorts {
  readonly clouds: CloudDriver;
  readonly eventLog: EventLog;
  readonly versions: ProjectVersions;
  readonly log: Logger;
  readonly metrics: Metrics;
}

/** How instances are shown, beside how it is said what becomes of them. */
export interface EventWording extends Wording {
  show(instance: Instance): Shown;
}

/** What a look may take, milliseconds: as much as the refresh of a fleet. */
const LOOK_MILLISECONDS = 25_000;
const ROLES: readonly Role[] = ['leader', 'standalone', 'follower'];

/** The feeds that somebody listens to at this gateway. */
export class Feeds {
  readonly #ports: FeedPorts;
  readonly #parts: FeedParts;
  readonly #wording: EventWording;
  readonly #feeds = new Map<string, Feed>();
  /** What is told of by this gateway itself is no reason to look. */
  readonly #announced = new WeakSet<ProjectChange>();

  /** @param maxAge What an answer may be old, milliseconds. */
  constructor(ports: FeedPorts, wording: EventWording, maxAge: number) {
    const { log, metrics, versions, eventLog } = ports;
    this.#ports = ports;
    this.#wording = wording;
    this.#parts = {
      log: eventLog,
      wording,
      maxAge,
      look: (listeners) => this.#look(listeners),
      announce: (projectId, instanceIds) => this.#announce({ projectId, instanceIds }),
      turned: (project, error) => {
        if (error === null) log.info('event_polling_recovered', { project });
        else log.warn('event_polling_failed', { project }, error);
      },
      happened: (entries) => {
        for (const { change } of entries) if (change !== null) metrics.count('events', { kind: change.kind });
      },
    };
    versions.onChange((change) => this.#changed(change));
    metrics.beforeExpose(() => {
      const roles = [...this.#feeds.values()].map(({ role }) => role);
      for (const role of ROLES)
        metrics.set('event_feeds', roles.filter((one) => one === role).length, { role });
    });
  }

  get all(): Iterable<Feed> {
    return this.#feeds.values();
  }

  /** Lets a listener in; the feed is there until `leave`. */
  enter(key: FeedKey, listener: Listener): Feed {
    const feed = this.#feeds.get(key.text) ?? new Feed(key, this.#parts);
    this.#feeds.set(key.text, feed);
    feed.listeners.add(listener);
    return feed;
  }

  async leave(feed: Feed, listener: Listener): Promise<void> {
    if (!feed.listeners.delete(listener) || feed.listeners.size > 0) return;
    this.#feeds.delete(feed.key.text);
    await feed.close();
  }

  /** Ends all that listen. */
  async close(): Promise<void> {
    const feeds = [...this.#feeds.values()];
    this.#feeds.clear();
    for (const { listeners } of feeds)
      for (const { isLive, stream } of listeners) if (isLive) stream.end('shutdown');
    await Promise.all(feeds.map((feed) => feed.close()));
  }

  /** What something that belongs to no request asks of the cloud for. */
  call(projectId: string): CallContext {
    return {
      tenant: projectId,
      deadline: deadlineIn(LOOK_MILLISECONDS),
      requestId: `req-${crypto.randomUUID()}`,
      log: this.#ports.log,
      allowStale: true,
      trace: new CallTrace(),
    };
  }

  /** As one who listens; one whom the cloud no longer lets in listens no longer. */
  async #look(listeners: ReadonlySet<Listener>): Promise<Look> {
    const { clouds, metrics } = this.#ports;
    for (const listener of listeners) {
      try {
        const cloud = clouds.open(listener.principal.credential, this.call(listener.principal.projectId));
        const { instances } = await listInstances(cloud, {}, {});
        metrics.count('event_polls', { result: 'ok' });
        return {
          shown: new Map(instances.map((instance) => [instance.id, this.#wording.show(instance)])),
          passing: instances.some(({ state, inTransition }) => inTransition || isTransitional(state)),
        };
      } catch (error) {
        if (!hasCode(error, 'forbidden')) {
          metrics.count('event_polls', { result: 'failed' });
          throw error;
        }
        if (listener.isLive) listener.stream.end('credential_revoked');
        else if (listeners.size === 1) throw error;
      }
    }
    throw new ComputeError('forbidden', 'The cloud lets nobody in who listens.');
  }

  async #announce(change: ProjectChange): Promise<void> {
    this.#announced.add(change);
    await this.#ports.versions.changed(change);
  }

  #changed(change: ProjectChange | null): void {
    if (change !== null && this.#announced.has(change)) return;
    for (const feed of this.#feeds.values()) {
      if (change === null || change.projectId === feed.key.projectId) feed.hurry();
    }
  }
}

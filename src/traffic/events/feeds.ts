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
import type { InstanceSnapshot } from './changes.ts';
import type { EventLog } from './event-log.ts';
import { Feed, type FeedDeps, type FeedEncoder, type Role } from './feed.ts';
import type { FeedKey } from './feed-key.ts';
import type { PollResult } from './poller.ts';
import type { Subscriber } from './subscriber.ts';

export interface FeedPorts {
  readonly clouds: CloudDriver;
  readonly eventLog: EventLog;
  readonly versions: ProjectVersions;
  readonly log: Logger;
  readonly metrics: Metrics;
}

/** How instances are shown, beside how it is said what becomes of them. */
export interface EventEncoder extends FeedEncoder {
  encodeInstance(instance: Instance): InstanceSnapshot;
}

/** What a look may take, milliseconds: as much as the refresh of a fleet. */
const POLL_TIMEOUT_MS = 25_000;
const ROLES: readonly Role[] = ['leader', 'standalone', 'follower'];

/** The feeds that somebody listens to at this gateway. */
export class Feeds {
  readonly #ports: FeedPorts;
  readonly #feedDeps: FeedDeps;
  readonly #encoder: EventEncoder;
  readonly #feeds = new Map<string, Feed>();
  /** What is told of by this gateway itself is no reason to look. */
  readonly #ownChanges = new WeakSet<ProjectChange>();

  /** @param maxAge What an answer may be old, milliseconds. */
  constructor(ports: FeedPorts, encoder: EventEncoder, maxAge: number) {
    const { log, metrics, versions, eventLog } = ports;
    this.#ports = ports;
    this.#encoder = encoder;
    this.#feedDeps = {
      eventLog: eventLog,
      encoder: encoder,
      maxAgeMs: maxAge,
      poll: (subscribers) => this.#poll(subscribers),
      invalidate: (projectId, instanceIds) => this.#invalidate({ projectId, instanceIds }),
      onHealthChange: (project, error) => {
        if (error === null) log.info('event_polling_recovered', { project });
        else log.warn('event_polling_failed', { project }, error);
      },
      onEvents: (entries) => {
        for (const { change } of entries) if (change !== null) metrics.count('events', { kind: change.kind });
      },
    };
    versions.onChange((change) => this.#onProjectChange(change));
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
  join(key: FeedKey, subscriber: Subscriber): Feed {
    const feed = this.#feeds.get(key.text) ?? new Feed(key, this.#feedDeps);
    this.#feeds.set(key.text, feed);
    feed.subscribers.add(subscriber);
    return feed;
  }

  async leave(feed: Feed, subscriber: Subscriber): Promise<void> {
    if (!feed.subscribers.delete(subscriber) || feed.subscribers.size > 0) return;
    this.#feeds.delete(feed.key.text);
    await feed.close();
  }

  /** Ends all that listen. */
  async close(): Promise<void> {
    const feeds = [...this.#feeds.values()];
    this.#feeds.clear();
    for (const { subscribers } of feeds)
      for (const { isSubscribed: isLive, stream } of subscribers) if (isLive) stream.end('shutdown');
    await Promise.all(feeds.map((feed) => feed.close()));
  }

  /** What something that belongs to no request asks of the cloud for. */
  backgroundCall(projectId: string): CallContext {
    return {
      tenant: projectId,
      deadline: deadlineIn(POLL_TIMEOUT_MS),
      requestId: `req-${crypto.randomUUID()}`,
      log: this.#ports.log,
      allowStale: true,
      trace: new CallTrace(),
    };
  }

  /** As one who listens; one whom the cloud no longer lets in listens no longer. */
  async #poll(subscribers: ReadonlySet<Subscriber>): Promise<PollResult> {
    const { clouds, metrics } = this.#ports;
    for (const subscriber of subscribers) {
      try {
        const cloud = clouds.open(
          subscriber.principal.credential,
          this.backgroundCall(subscriber.principal.projectId),
        );
        const { instances } = await listInstances(cloud, {}, {});
        metrics.count('event_polls', { result: 'ok' });
        return {
          snapshot: new Map(
            instances.map((instance) => [instance.id, this.#encoder.encodeInstance(instance)]),
          ),
          hasTransitional: instances.some(({ state, inTransition }) => inTransition || isTransitional(state)),
        };
      } catch (error) {
        if (!hasCode(error, 'forbidden')) {
          metrics.count('event_polls', { result: 'failed' });
          throw error;
        }
        if (subscriber.isSubscribed) subscriber.stream.end('credential_revoked');
        else if (subscribers.size === 1) throw error;
      }
    }
    throw new ComputeError('forbidden', 'The cloud lets nobody in who listens.');
  }

  async #invalidate(change: ProjectChange): Promise<void> {
    this.#ownChanges.add(change);
    await this.#ports.versions.bump(change);
  }

  #onProjectChange(change: ProjectChange | null): void {
    if (change !== null && this.#ownChanges.has(change)) return;
    for (const feed of this.#feeds.values()) {
      if (change === null || change.projectId === feed.key.projectId) feed.wake();
    }
  }
}

import { deadlineIn } from '../../clock.ts';
import { CallTrace } from '../../compute/call-trace.ts';
import type { CallContext, CloudDriver } from '../../compute/cloud.ts';
import { ComputeError, hasCode } from '../../compute/errors.ts';
import { listInstances } from '../../compute/instances.ts';
import type { Located } from '../../compute/regions.ts';
import { isTransitional } from '../../compute/states.ts';
import type { Logger } from '../../telemetry/logger.ts';
import type { Metrics } from '../../telemetry/metrics.ts';
import type { ProjectChange, ProjectVersions } from '../versions/project-versions.ts';
import type { EventLog, FeedKey } from './event-log.ts';
import { type EventEncoder, Feed, type FeedDeps, type Role } from './feed.ts';
import type { PollResult } from './poller.ts';
import type { Subscriber } from './subscriber.ts';

export interface FeedPorts {
  readonly clouds: CloudDriver;
  readonly eventLog: EventLog;
  readonly versions: ProjectVersions;
  readonly log: Logger;
  readonly metrics: Metrics;
}

/** As long as an inventory sync may take. */
const POLL_TIMEOUT_MS = 25_000;
const ROLES: readonly Role[] = ['leader', 'standalone', 'follower'];

export class Feeds {
  readonly #ports: FeedPorts;
  readonly #feedDeps: FeedDeps;
  readonly #encoder: EventEncoder;
  readonly #feeds = new Map<string, Feed>();
  /** Changes that polls announced themselves; they trigger no further poll. */
  readonly #ownChanges = new WeakSet<ProjectChange>();

  /** @param maxAgeMs Lifetime of cached responses. */
  constructor(ports: FeedPorts, encoder: EventEncoder, maxAgeMs: number) {
    const { log, metrics, versions, eventLog } = ports;
    this.#ports = ports;
    this.#encoder = encoder;
    this.#feedDeps = {
      eventLog,
      encoder,
      maxAgeMs,
      poll: (key, subscribers) => this.#poll(key, subscribers),
      invalidate: async ({ tenant }, instanceIds) => {
        const change = { tenant, instanceIds };
        this.#ownChanges.add(change);
        await versions.bump(change);
      },
      onHealthChange: ({ region, projectId: project }, error) => {
        if (error === null) log.info('event_polling_recovered', { region, project });
        else log.warn('event_polling_failed', { region, project }, error);
      },
      onEvents: ({ region }, entries) => {
        for (const { change } of entries)
          if (change !== null) metrics.count('events', { kind: change.kind, region });
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

  join(key: FeedKey, subscriber: Subscriber): Feed {
    const feed = this.#feeds.get(key.text) ?? new Feed(key, this.#feedDeps);
    this.#feeds.set(key.text, feed);
    feed.subscribers.add(subscriber);
    return feed;
  }

  /** The last subscriber to leave closes the feed. */
  async leave(feed: Feed, subscriber: Subscriber): Promise<void> {
    if (!feed.subscribers.delete(subscriber) || feed.subscribers.size > 0) return;
    this.#feeds.delete(feed.key.text);
    await feed.close();
  }

  async close(): Promise<void> {
    const feeds = [...this.#feeds.values()];
    this.#feeds.clear();
    for (const { subscribers } of feeds)
      for (const { isSubscribed, stream } of subscribers) if (isSubscribed) stream.end('shutdown');
    await Promise.all(feeds.map((feed) => feed.close()));
  }

  /** Context of a call that belongs to no request. */
  backgroundCall({ region, projectId }: Located): CallContext {
    return {
      region,
      tenant: projectId,
      deadline: deadlineIn(POLL_TIMEOUT_MS),
      requestId: `req-${crypto.randomUUID()}`,
      log: this.#ports.log,
      allowStale: true,
      trace: new CallTrace(),
    };
  }

  /** Tries the credential of each subscriber in turn, and disconnects those that the cloud rejects. */
  async #poll(key: FeedKey, subscribers: ReadonlySet<Subscriber>): Promise<PollResult> {
    const { clouds, metrics } = this.#ports;
    for (const subscriber of subscribers) {
      const { principal } = subscriber;
      try {
        const cloud = clouds.open(principal.credential, this.backgroundCall(key));
        const { instances } = await listInstances(cloud, {}, {});
        metrics.count('event_polls', { result: 'ok', region: key.region });
        return {
          snapshot: new Map(instances.map((one) => [one.id, this.#encoder.encodeInstance(one)])),
          hasTransitional: instances.some(({ state, inTransition }) => inTransition || isTransitional(state)),
        };
      } catch (error) {
        if (!hasCode(error, 'forbidden')) {
          metrics.count('event_polls', { result: 'failed', region: key.region });
          throw error;
        }
        if (subscriber.isSubscribed) subscriber.stream.end('credential_revoked');
        else if (subscribers.size === 1) throw error;
      }
    }
    throw new ComputeError('forbidden', 'The cloud rejected the credentials of every subscriber.');
  }

  #onProjectChange(change: ProjectChange | null): void {
    if (change !== null && this.#ownChanges.has(change)) return;
    for (const feed of this.#feeds.values()) {
      if (change === null || change.tenant === feed.key.tenant) feed.wake();
    }
  }
}

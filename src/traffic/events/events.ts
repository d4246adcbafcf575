/**
 * What happens to instances, told to who listens.
 *
 * @module
 */

import type { Context } from 'hono';
import { callContext } from '../../access/access.ts';
import { ComputeError } from '../../compute/errors.ts';
import type { GatewayEnv } from '../../context.ts';
import type { Feed } from './feed.ts';
import { type FeedKey, feedKeyOf } from './feed-key.ts';
import { type EventEncoder, type FeedPorts, Feeds } from './feeds.ts';
import { closeReason, REAUTH_BATCH_SIZE, REAUTH_INTERVAL_MS } from './reauthenticate.ts';
import { type StreamLimits, StreamSlots } from './stream-slots.ts';
import { Subscriber } from './subscriber.ts';

/** Answers with a stream of what happens: to one instance, or with null to all of the project. */
export type OpenStream = (c: Context<GatewayEnv>, instanceId: string | null) => Promise<Response>;

export interface EventOptions {
  readonly streams: StreamLimits;
  /** What an answer may be old, milliseconds. */
  readonly maxAge: number;
  /** What a request may ask of the cloud, milliseconds. */
  readonly deadline: number;
}

/** How often something is said on every stream, milliseconds: or a proxy would take it for dead. */
const HEARTBEAT_INTERVAL_MS = 15_000;
const HEARTBEAT = new TextEncoder().encode(':\n\n');

const STREAM_HEADERS = {
  'Content-Type': 'text/event-stream',
  'Cache-Control': 'no-store',
  // nginx would gather what comes.
  'X-Accel-Buffering': 'no',
};

/** The streams of a gateway. */
export class Events {
  readonly #ports: FeedPorts;
  readonly #feeds: Feeds;
  readonly #slots: StreamSlots;
  readonly #requestTimeoutMs: number;
  #isClosed = false;
  #heartbeatTimer: ReturnType<typeof setInterval> | undefined;
  #reauthTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(ports: FeedPorts, wording: EventEncoder, { streams, maxAge, deadline }: EventOptions) {
    this.#ports = ports;
    this.#feeds = new Feeds(ports, wording, maxAge);
    this.#slots = new StreamSlots(streams);
    this.#requestTimeoutMs = deadline;
  }

  /** As `OpenStream`. `rate_limited`, `unavailable` without room; `not_found`; errors as `Cloud.listInstances`. */
  async open(c: Context<GatewayEnv>, instanceId: string | null): Promise<Response> {
    if (this.#isClosed) throw shuttingDown();
    // It has no body that would ever be let go of.
    if (c.req.method === 'HEAD') return new Response(null, { headers: STREAM_HEADERS });
    const { clouds, metrics } = this.#ports;
    const principal = c.get('principal');
    const release = this.#acquireSlot(principal.familyId, principal.projectId);
    const openedAt = performance.now();
    let feed: Feed | null = null;
    let isOpen = true;
    const leave = () => {
      if (!isOpen) return;
      isOpen = false;
      release();
      if (feed !== null) void this.#feeds.leave(feed, subscriber);
    };
    const subscriber = new Subscriber(instanceId, principal, c.get('verifyAgain'), (reason) => {
      leave();
      const milliseconds = Math.round(performance.now() - openedAt);
      c.get('log').info('event_stream_closed', {
        reason,
        events: subscriber.eventCount,
        duration_ms: milliseconds,
      });
      metrics.count('event_streams_closed', { reason });
    });
    try {
      const caller = await clouds.caller(principal.credential, callContext(c, this.#requestTimeoutMs));
      feed = this.#feeds.join(feedKeyOf(caller, principal), subscriber);
      await feed.ready();
      const replayed = feed.subscribe(subscriber, c.req.header('last-event-id') || null);
      const isGone = replayed.some(({ change }) => change?.kind === 'deleted');
      if (instanceId !== null && !isGone) {
        await clouds
          .open(principal.credential, callContext(c, this.#requestTimeoutMs))
          .getInstance(instanceId);
      }
      return new Response(subscriber.stream.body, { headers: STREAM_HEADERS });
    } catch (error) {
      leave();
      throw error;
    }
  }

  /** Ends all streams, and lets nobody in any more. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#feeds.close();
  }

  #acquireSlot(familyId: string, projectId: string): () => void {
    const release = this.#slots.acquire(familyId, projectId);
    if (this.#slots.total === 1) {
      this.#heartbeatTimer = setInterval(() => this.#heartbeat(), HEARTBEAT_INTERVAL_MS);
      this.#scheduleReauth();
    }
    this.#reportStreamCount();
    return () => {
      release();
      this.#reportStreamCount();
      if (this.#slots.total > 0) return;
      clearInterval(this.#heartbeatTimer);
      clearTimeout(this.#reauthTimer);
    };
  }

  #reportStreamCount(): void {
    this.#ports.metrics.set('event_streams', this.#slots.total);
  }

  #heartbeat(): void {
    for (const { subscribers: listeners } of this.#feeds.all)
      for (const { isSubscribed: isLive, stream } of listeners) if (isLive) stream.push(HEARTBEAT);
  }

  #scheduleReauth(): void {
    this.#reauthTimer = setTimeout(async () => {
      await this.#reauthenticateAll();
      if (this.#slots.total > 0) this.#scheduleReauth();
    }, REAUTH_INTERVAL_MS);
  }

  /** Nobody waits for anybody else's verifying; and yet not all ask at the same moment. */
  async #reauthenticateAll(): Promise<void> {
    let started = 0;
    for (const { key, subscribers: listeners } of this.#feeds.all) {
      for (const subscriber of listeners) {
        void this.#reauthenticate(subscriber, key);
        started += 1;
        if (started % REAUTH_BATCH_SIZE === 0) await new Promise((resolve) => setTimeout(resolve));
      }
    }
  }

  async #reauthenticate(subscriber: Subscriber, key: FeedKey): Promise<void> {
    if (subscriber.isReauthenticating) return;
    subscriber.isReauthenticating = true;
    const reason = await closeReason(
      subscriber,
      key,
      this.#ports.clouds,
      this.#feeds.backgroundCall(key.projectId),
    );
    subscriber.isReauthenticating = false;
    if (reason !== null && subscriber.isSubscribed) subscriber.stream.end(reason);
  }
}

function shuttingDown(): ComputeError {
  return new ComputeError('unavailable', 'The gateway is stopping.', { retryAfter: 1 });
}

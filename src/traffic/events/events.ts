import type { Context } from 'hono';
import { callContext } from '../../access/access.ts';
import { mayUseRegion } from '../../access/key-regions.ts';
import type { Principal } from '../../access/principal.ts';
import { sleep } from '../../async.ts';
import { monotonicMs } from '../../clock.ts';
import type { SignedInCaller } from '../../compute/cloud.ts';
import { ComputeError, hasCode } from '../../compute/errors.ts';
import type { GatewayEnv } from '../../context.ts';
import { CacheKey, scopeOf } from '../cache/cache-key.ts';
import type { FeedKey } from './event-log.ts';
import type { EventEncoder, Feed } from './feed.ts';
import { type FeedPorts, Feeds } from './feeds.ts';
import { type StreamLimits, StreamSlots } from './stream-slots.ts';
import { type CloseReason, Subscriber } from './subscriber.ts';

/** Responds with a stream of the events of one instance, or with null of the whole project. */
export type OpenStream = (c: Context<GatewayEnv>, instanceId: string | null) => Promise<Response>;

export interface EventOptions {
  readonly streams: StreamLimits;
  readonly maxAgeMs: number;
  /** For all upstream calls of a request, in ms. */
  readonly upstreamBudgetMs: number;
}

/** Below the idle timeout of common proxies. */
const HEARTBEAT_INTERVAL_MS = 15_000;
const HEARTBEAT = new TextEncoder().encode(':\n\n');
const REAUTH_INTERVAL_MS = 5_000;
/** Verifications started in one go; most of them need no I/O. */
const REAUTH_BATCH_SIZE = 100;
/** A stream whose key cannot be verified for this long is closed. */
const REAUTH_GRACE_MS = 60_000;

const STREAM_HEADERS = {
  'Content-Type': 'text/event-stream',
  'Cache-Control': 'no-store',
  // Disables the response buffering of nginx.
  'X-Accel-Buffering': 'no',
};

export class Events {
  readonly #ports: FeedPorts;
  readonly #feeds: Feeds;
  readonly #slots: StreamSlots;
  readonly #upstreamBudgetMs: number;
  #isClosed = false;
  #heartbeatTimer: ReturnType<typeof setInterval> | undefined;
  #reauthTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    ports: FeedPorts,
    encoder: EventEncoder,
    { streams, maxAgeMs, upstreamBudgetMs }: EventOptions,
  ) {
    this.#ports = ports;
    this.#feeds = new Feeds(ports, encoder, maxAgeMs);
    this.#slots = new StreamSlots(streams);
    this.#upstreamBudgetMs = upstreamBudgetMs;
  }

  /** As `OpenStream`. `rate_limited` or `unavailable` at a stream limit; `not_found`; errors as `Cloud.listInstances`. */
  async open(c: Context<GatewayEnv>, instanceId: string | null): Promise<Response> {
    if (this.#isClosed) {
      throw new ComputeError('unavailable', 'The gateway is stopping.', { retryAfter: 1 });
    }
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
    const subscriber = new Subscriber(instanceId, principal, c.get('reverify'), (reason) => {
      leave();
      const duration_ms = Math.round(performance.now() - openedAt);
      c.get('log').info('event_stream_closed', { reason, events: subscriber.eventCount, duration_ms });
      metrics.count('event_streams_closed', { reason });
    });
    try {
      const call = () => callContext(c, this.#upstreamBudgetMs);
      const caller = await clouds.caller(principal.credential, call());
      feed = this.#feeds.join(feedKeyOf(caller, principal), subscriber);
      await feed.ready();
      const replayed = feed.subscribe(subscriber, c.req.header('last-event-id') || null);
      const isDeleted = replayed.some(({ change }) => change?.kind === 'deleted');
      if (instanceId !== null && !isDeleted) {
        await clouds.open(principal.credential, call()).getInstance(instanceId);
      }
      return new Response(subscriber.stream.body, { headers: STREAM_HEADERS });
    } catch (error) {
      leave();
      throw error;
    }
  }

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
    for (const { subscribers } of this.#feeds.all)
      for (const { isSubscribed, stream } of subscribers) if (isSubscribed) stream.push(HEARTBEAT);
  }

  #scheduleReauth(): void {
    this.#reauthTimer = setTimeout(async () => {
      await this.#reauthenticateAll();
      if (this.#slots.total > 0) this.#scheduleReauth();
    }, REAUTH_INTERVAL_MS);
  }

  async #reauthenticateAll(): Promise<void> {
    let started = 0;
    for (const { key, subscribers } of this.#feeds.all) {
      for (const subscriber of subscribers) {
        void this.#reauthenticate(subscriber, key);
        started += 1;
        if (started % REAUTH_BATCH_SIZE === 0) await sleep(0);
      }
    }
  }

  async #reauthenticate(subscriber: Subscriber, key: FeedKey): Promise<void> {
    if (subscriber.isReauthenticating) return;
    subscriber.isReauthenticating = true;
    const reason = await this.#closeReason(subscriber, key);
    subscriber.isReauthenticating = false;
    if (reason !== null && subscriber.isSubscribed) subscriber.stream.end(reason);
  }

  /** Applies the checks of a new request: the key and its scope, the cloud's roles and project; null if all hold. */
  async #closeReason(subscriber: Subscriber, key: FeedKey): Promise<CloseReason | null> {
    try {
      const verdict = await subscriber.reverify();
      if (!verdict.ok || !verdict.principal.scopes.includes('instances:read')) return 'key_revoked';
      const { principal } = verdict;
      const { clouds } = this.#ports;
      if (!mayUseRegion(principal, key.region, clouds.regions)) return 'key_revoked';
      const call = this.#feeds.backgroundCall(key);
      const caller = await clouds.caller(principal.credential, call);
      if (feedKeyOf(caller, principal).text !== key.text) return 'credential_revoked';
      subscriber.principal = principal;
      subscriber.verifiedAt = monotonicMs();
      return null;
    } catch (error) {
      if (hasCode(error, 'forbidden')) return 'credential_revoked';
      return monotonicMs() - subscriber.verifiedAt > REAUTH_GRACE_MS ? 'unverified' : null;
    }
  }
}

function feedKeyOf(caller: SignedInCaller, principal: Principal): FeedKey {
  return CacheKey.of(scopeOf(caller, principal, 'project'), '/v1/events');
}

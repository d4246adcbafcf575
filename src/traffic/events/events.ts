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
import { type EventWording, type FeedPorts, Feeds } from './feeds.ts';
import { Listener } from './listener.ts';
import { Room, type StreamLimits } from './room.ts';
import { reasonToEnd, VERIFIED_AT_ONCE, VERIFY_EVERY } from './verify.ts';

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
const HEARTBEAT_EVERY = 15_000;
const HEARTBEAT = new TextEncoder().encode(':\n\n');

const HEADERS = {
  'Content-Type': 'text/event-stream',
  'Cache-Control': 'no-store',
  // nginx would gather what comes.
  'X-Accel-Buffering': 'no',
};

/** The streams of a gateway. */
export class Events {
  readonly #ports: FeedPorts;
  readonly #feeds: Feeds;
  readonly #room: Room;
  readonly #deadline: number;
  #isClosed = false;
  #beating: ReturnType<typeof setInterval> | undefined;
  #verifying: ReturnType<typeof setTimeout> | undefined;

  constructor(ports: FeedPorts, wording: EventWording, { streams, maxAge, deadline }: EventOptions) {
    this.#ports = ports;
    this.#feeds = new Feeds(ports, wording, maxAge);
    this.#room = new Room(streams);
    this.#deadline = deadline;
  }

  /** As `OpenStream`. `rate_limited`, `unavailable` without room; `not_found`; errors as `Cloud.listInstances`. */
  async open(c: Context<GatewayEnv>, instanceId: string | null): Promise<Response> {
    if (this.#isClosed) throw stopping();
    // It has no body that would ever be let go of.
    if (c.req.method === 'HEAD') return new Response(null, { headers: HEADERS });
    const { clouds, metrics } = this.#ports;
    const principal = c.get('principal');
    const giveBack = this.#take(principal.familyId, principal.projectId);
    const opened = performance.now();
    let feed: Feed | null = null;
    let isIn = true;
    const leave = () => {
      if (!isIn) return;
      isIn = false;
      giveBack();
      if (feed !== null) void this.#feeds.leave(feed, listener);
    };
    const listener = new Listener(instanceId, principal, c.get('verifyAgain'), (reason) => {
      leave();
      const milliseconds = Math.round(performance.now() - opened);
      c.get('log').info('event_stream_closed', { reason, events: listener.told, duration_ms: milliseconds });
      metrics.count('event_streams_closed', { reason });
    });
    try {
      const caller = await clouds.caller(principal.credential, callContext(c, this.#deadline));
      feed = this.#feeds.enter(feedKeyOf(caller, principal), listener);
      await feed.ready();
      const missed = feed.begin(listener, c.req.header('last-event-id') || null);
      const isGone = missed.some(({ change }) => change?.kind === 'deleted');
      if (instanceId !== null && !isGone) {
        await clouds.open(principal.credential, callContext(c, this.#deadline)).getInstance(instanceId);
      }
      return new Response(listener.stream.body, { headers: HEADERS });
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

  #take(familyId: string, projectId: string): () => void {
    const giveBack = this.#room.take(familyId, projectId);
    if (this.#room.total === 1) {
      this.#beating = setInterval(() => this.#beat(), HEARTBEAT_EVERY);
      this.#verifyLater();
    }
    this.#tellRoom();
    return () => {
      giveBack();
      this.#tellRoom();
      if (this.#room.total > 0) return;
      clearInterval(this.#beating);
      clearTimeout(this.#verifying);
    };
  }

  #tellRoom(): void {
    this.#ports.metrics.set('event_streams', this.#room.total);
  }

  #beat(): void {
    for (const { listeners } of this.#feeds.all)
      for (const { isLive, stream } of listeners) if (isLive) stream.push(HEARTBEAT);
  }

  #verifyLater(): void {
    this.#verifying = setTimeout(async () => {
      await this.#verify();
      if (this.#room.total > 0) this.#verifyLater();
    }, VERIFY_EVERY);
  }

  /** Nobody waits for anybody else's verifying; and yet not all ask at the same moment. */
  async #verify(): Promise<void> {
    let begun = 0;
    for (const { key, listeners } of this.#feeds.all) {
      for (const listener of listeners) {
        void this.#verifyOne(listener, key);
        begun += 1;
        if (begun % VERIFIED_AT_ONCE === 0) await new Promise((resolve) => setTimeout(resolve));
      }
    }
  }

  async #verifyOne(listener: Listener, key: FeedKey): Promise<void> {
    if (listener.isBeingVerified) return;
    listener.isBeingVerified = true;
    const reason = await reasonToEnd(listener, key, this.#ports.clouds, this.#feeds.call(key.projectId));
    listener.isBeingVerified = false;
    if (reason !== null && listener.isLive) listener.stream.end(reason);
  }
}

function stopping(): ComputeError {
  return new ComputeError('unavailable', 'The gateway is stopping.', { retryAfter: 1 });
}

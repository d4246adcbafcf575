import { sleep } from '../../src/async.ts';
import { encodeBase64Url } from '../../src/http/base64.ts';
import type { EventLog, FeedKey, LogHandle, LogSubscriber } from '../../src/traffic/events/event-log.ts';
import { LocalEventLog } from '../../src/traffic/events/local-event-log.ts';
import type { RedisConnection } from './connection.ts';
import { EVENTS_CHANNEL } from './event-scripts.ts';
import { RedisFailure } from './failure.ts';
import { RedisLogHandle } from './log-handle.ts';
import { Subscription } from './subscription.ts';
import type { RedisTarget } from './url.ts';

/** So long Redis may be lost before a gateway goes on by itself, milliseconds: then who listens has to list again. */
const STANDALONE_AFTER_MS = 2_000;
/** Between two glances whether it is back, milliseconds. */
const RECOVERY_POLL_MS = 50;

/** Logs in Redis, for all gateways that share it. While it is lost each gateway has logs of its own. */
export class RedisEventLog implements EventLog {
  readonly #connection: RedisConnection;
  readonly #subscription: Subscription;
  readonly #local = new LocalEventLog();
  readonly #handles = new Map<string, RedisLogHandle>();
  /** Who follows a log of this gateway alone. */
  readonly #standaloneSubscribers = new Set<LogSubscriber>();

  constructor(connection: RedisConnection, target: RedisTarget) {
    this.#connection = connection;
    this.#subscription = new Subscription(target, [EVENTS_CHANNEL], {
      onMessage: (_, key) => void this.#handles.get(key)?.read(),
      onHealthChange: (alive) => {
        if (alive) for (const handle of this.#handles.values()) void handle.read();
      },
    });
    connection.onChange((available) => {
      const ended = available ? [...this.#standaloneSubscribers] : [...this.#handles.values()];
      for (const one of ended) one instanceof RedisLogHandle ? one.end() : one.onEnd();
      if (!available) this.#subscription.reconnect();
    });
  }

  get shared(): boolean {
    return this.#connection.available;
  }

  async open(feed: FeedKey, subscriber: LogSubscriber): Promise<LogHandle> {
    for (;;) {
      while (!this.shared && performance.now() - this.#connection.downSince < STANDALONE_AFTER_MS)
        await sleep(RECOVERY_POLL_MS);
      if (!this.shared) return this.#openStandalone(feed, subscriber);
      try {
        return await this.#openShared(feed, subscriber);
      } catch (error) {
        if (!(error instanceof RedisFailure)) throw error;
      }
    }
  }

  async connect(): Promise<void> {
    await this.#subscription.open();
  }

  close(): void {
    this.#subscription.close();
  }

  async #openShared(feed: FeedKey, subscriber: LogSubscriber): Promise<LogHandle> {
    const digest = encodeBase64Url(await feed.digest());
    const name = `linguanova:feed:{${feed.projectId}}:${digest}`;
    const handle = new RedisLogHandle(this.#connection, name, subscriber, () => {
      if (this.#handles.get(`${name}:log`) === handle) this.#handles.delete(`${name}:log`);
    });
    await handle.load();
    this.#handles.set(`${name}:log`, handle);
    // What was added meanwhile: nobody was told.
    await handle.read();
    return handle;
  }

  async #openStandalone(feed: FeedKey, subscriber: LogSubscriber): Promise<LogHandle> {
    const handle = await this.#local.open(feed, subscriber);
    this.#standaloneSubscribers.add(subscriber);
    return {
      ...handle,
      close: () => {
        this.#standaloneSubscribers.delete(subscriber);
        return handle.close();
      },
    };
  }
}

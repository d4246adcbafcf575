import { encodeBase64Url } from '../../src/http/base64.ts';
import type { EventLog, LogReader, OpenLog } from '../../src/traffic/events/event-log.ts';
import type { FeedKey } from '../../src/traffic/events/feed-key.ts';
import { LocalEventLog } from '../../src/traffic/events/local-event-log.ts';
import { EVENTS } from './event-scripts.ts';
import { RedisFailure } from './failure.ts';
import type { RedisLink } from './link.ts';
import { RedisOpenLog } from './open-event-log.ts';
import { Subscription } from './subscription.ts';
import type { RedisTarget } from './url.ts';

/** So long Redis may be lost before a gateway goes on by itself, milliseconds: then who listens has to list again. */
const PATIENCE = 2_000;
/** Between two glances whether it is back, milliseconds. */
const GLANCE = 50;

/** Logs in Redis, for all gateways that share it. While it is lost each gateway has logs of its own. */
export class RedisEventLog implements EventLog {
  readonly #link: RedisLink;
  readonly #subscription: Subscription;
  readonly #local = new LocalEventLog();
  readonly #shared = new Map<string, RedisOpenLog>();
  /** Who follows a log of this gateway alone. */
  readonly #alone = new Set<LogReader>();

  constructor(link: RedisLink, target: RedisTarget) {
    this.#link = link;
    this.#subscription = new Subscription(target, [EVENTS], {
      heard: (_, key) => void this.#shared.get(key)?.read(),
      turned: (alive) => {
        if (alive) for (const log of this.#shared.values()) void log.read();
      },
    });
    link.onChange((available) => {
      const ended = available ? [...this.#alone] : [...this.#shared.values()];
      for (const one of ended) one instanceof RedisOpenLog ? one.end() : one.ended();
      if (!available) this.#subscription.renew();
    });
  }

  get shared(): boolean {
    return this.#link.available;
  }

  async open(feed: FeedKey, reader: LogReader): Promise<OpenLog> {
    for (;;) {
      while (!this.shared && performance.now() - this.#link.lostAt < PATIENCE) await pause(GLANCE);
      if (!this.shared) return this.#openAlone(feed, reader);
      try {
        return await this.#openShared(feed, reader);
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

  async #openShared(feed: FeedKey, reader: LogReader): Promise<OpenLog> {
    const digest = encodeBase64Url(await feed.digest());
    const name = `linguanova:events:{${feed.projectId}}:${digest}`;
    const log = new RedisOpenLog(this.#link, name, reader, () => {
      if (this.#shared.get(`${name}:log`) === log) this.#shared.delete(`${name}:log`);
    });
    await log.remember();
    this.#shared.set(`${name}:log`, log);
    // What was added meanwhile: nobody was told.
    await log.read();
    return log;
  }

  async #openAlone(feed: FeedKey, reader: LogReader): Promise<OpenLog> {
    const log = await this.#local.open(feed, reader);
    this.#alone.add(reader);
    return {
      ...log,
      close: () => {
        this.#alone.delete(reader);
        return log.close();
      },
    };
  }
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

import { Redis } from 'ioredis';
import { reconnectDelay, subscriberOptions } from './client.ts';
import type { RedisTarget } from './url.ts';

/** How often it is made sure that messages would still come, milliseconds. */
const PROBE_INTERVAL_MS = 500;
/** Milliseconds that the answer to that may take. */
const PROBE_TIMEOUT_MS = 250;

interface SubscriptionHandler {
  /** A message on one of the channels. */
  onMessage(channel: string, message: string): void;
  /** Messages come from now on, or may be missed from now on. */
  onHealthChange(alive: boolean): void;
}

/**
 * A connection of its own that hears what is published, and that knows when it may have missed something: it never comes back
 * behind its owner's back. In a cluster any node will do, for messages go to all of them.
 */
export class Subscription {
  readonly #target: RedisTarget;
  readonly #channels: readonly string[];
  readonly #handler: SubscriptionHandler;
  #client: Redis | undefined;
  #alive = false;
  #closed = false;
  #attempts = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(target: RedisTarget, channels: readonly string[], handler: SubscriptionHandler) {
    this.#target = target;
    this.#channels = channels;
    this.#handler = handler;
  }

  /** Whether every message since the last turn was heard, or is about to be. */
  get alive(): boolean {
    return this.#alive;
  }

  /** Begins to connect, and goes on with it; resolves after the first attempt. */
  async open(): Promise<void> {
    if (this.#closed) return;
    const client = new Redis(subscriberOptions(this.#target, this.#attempts));
    this.#client = client;
    client.on('error', () => {});
    client.on('message', (channel, message) => this.#handler.onMessage(channel, message));
    client.on('end', () => this.#onEnd(client));
    try {
      await client.connect();
      await client.subscribe(...this.#channels);
    } catch {
      client.disconnect();
      return;
    }
    if (this.#client !== client || this.#closed) return;
    this.#attempts = 0;
    this.#alive = true;
    this.#handler.onHealthChange(true);
    this.#probe(client);
  }

  /** Lets go of the connection and makes another: this one may lead to a server that was the master once. */
  reconnect(): void {
    this.#client?.disconnect();
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#client?.disconnect();
  }

  #onEnd(client: Redis): void {
    if (this.#client !== client) return;
    this.#client = undefined;
    const was = this.#alive;
    this.#alive = false;
    clearTimeout(this.#timer);
    if (was) this.#handler.onHealthChange(false);
    if (this.#closed) return;
    this.#attempts += 1;
    this.#timer = setTimeout(() => void this.open(), reconnectDelay(this.#attempts)).unref();
  }

  /** A connection can be dead without having ended. */
  #probe(client: Redis): void {
    this.#timer = setTimeout(() => {
      const late = setTimeout(() => setImmediate(() => client.disconnect()), PROBE_TIMEOUT_MS).unref();
      client.ping().then(
        () => {
          clearTimeout(late);
          if (this.#client === client) this.#probe(client);
        },
        () => {
          clearTimeout(late);
          client.disconnect();
        },
      );
    }, PROBE_INTERVAL_MS).unref();
  }
}

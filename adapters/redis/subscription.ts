import { Redis } from 'ioredis';
import { reconnectDelay, subscriberOptions } from './client.ts';
import { withCommandTimeout } from './connection.ts';
import type { RedisTarget } from './url.ts';

const PROBE_INTERVAL_MS = 500;

interface SubscriptionHandler {
  onMessage(channel: string, message: string): void;
  /** Messages are received from now on, or may be missed from now on. */
  onHealthChange(alive: boolean): void;
}

/**
 * A pub/sub connection that reports every gap: it never reconnects without a health change. Any node of a cluster will do, since
 * messages go to all of them.
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

  /** No message was missed since the last health change. */
  get alive(): boolean {
    return this.#alive;
  }

  /** Resolves after the first attempt; further ones follow in the background. */
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

  /** Replaces the connection, which may lead to a former master. */
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
    const wasAlive = this.#alive;
    this.#alive = false;
    clearTimeout(this.#timer);
    if (wasAlive) this.#handler.onHealthChange(false);
    if (this.#closed) return;
    this.#attempts += 1;
    this.#timer = setTimeout(() => void this.open(), reconnectDelay(this.#attempts)).unref();
  }

  /** Detects a connection that is dead without having ended. */
  #probe(client: Redis): void {
    const ping = async () => {
      try {
        await withCommandTimeout(() => client.ping());
        if (this.#client === client) this.#probe(client);
      } catch {
        client.disconnect();
      }
    };
    this.#timer = setTimeout(ping, PROBE_INTERVAL_MS).unref();
  }
}

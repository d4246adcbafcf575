import { Redis } from 'ioredis';
import { pause, subscriberOptions } from './client.ts';
import type { RedisTarget } from './url.ts';

/** How often it is made sure that messages would still come, milliseconds. */
const PROBE = 500;
/** Milliseconds that the answer to that may take. */
const DEADLINE = 250;

interface Listener {
  /** A message on one of the channels. */
  heard(channel: string, message: string): void;
  /** Messages come from now on, or may be missed from now on. */
  turned(alive: boolean): void;
}

/**
 * A connection of its own that hears what is published, and that knows when it may have missed something: it never comes back
 * behind its owner's back. In a cluster any node will do, for messages go to all of them.
 */
export class Subscription {
  readonly #target: RedisTarget;
  readonly #channels: readonly string[];
  readonly #listener: Listener;
  #client: Redis | undefined;
  #alive = false;
  #closed = false;
  #attempts = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(target: RedisTarget, channels: readonly string[], listener: Listener) {
    this.#target = target;
    this.#channels = channels;
    this.#listener = listener;
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
    client.on('message', (channel, message) => this.#listener.heard(channel, message));
    client.on('end', () => this.#ended(client));
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
    this.#listener.turned(true);
    this.#probe(client);
  }

  /** Lets go of the connection and makes another: this one may lead to a server that was the master once. */
  renew(): void {
    this.#client?.disconnect();
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#client?.disconnect();
  }

  #ended(client: Redis): void {
    if (this.#client !== client) return;
    this.#client = undefined;
    const was = this.#alive;
    this.#alive = false;
    clearTimeout(this.#timer);
    if (was) this.#listener.turned(false);
    if (this.#closed) return;
    this.#attempts += 1;
    this.#timer = setTimeout(() => void this.open(), pause(this.#attempts)).unref();
  }

  /** A connection can be dead without having ended. */
  #probe(client: Redis): void {
    this.#timer = setTimeout(() => {
      const late = setTimeout(() => setImmediate(() => client.disconnect()), DEADLINE).unref();
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
    }, PROBE).unref();
  }
}

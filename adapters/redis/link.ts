import { randomUUID } from 'node:crypto';
import type { Logger } from '../../src/telemetry/logger.ts';
import type { Metrics } from '../../src/telemetry/metrics.ts';
import type { RedisClient } from './client.ts';
import { failureOf, RedisFailure } from './failure.ts';

/** Milliseconds that a command may take. */
const DEADLINE = 250;
/** Milliseconds that the first connection is waited for; the gateway starts without it then. */
const PATIENCE = 1_000;
/** How often this node says that it is there, milliseconds. */
const HEARTBEAT = 2_000;
/** How often it asks whether Redis is back, milliseconds. */
const PROBE = 250;
/** A node that has been silent for so long counts no more, milliseconds. */
const GONE_AFTER = 3 * HEARTBEAT;

/** The sorted set of nodes, by the time each was last there: Redis's own time, for clocks of nodes differ. */
const NODES_KEY = 'linguanova:nodes';
const PRESENCE = `
local t = redis.call('time')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
redis.call('zadd', KEYS[1], now, ARGV[1])
redis.call('zremrangebyscore', KEYS[1], '-inf', now - ARGV[2])
redis.call('pexpire', KEYS[1], ARGV[2])
return redis.call('zcard', KEYS[1])`;

/**
 * The connection to Redis, and the knowledge whether it serves. The first command that fails makes it *lost*: from then on
 * commands are refused at once, without a wait, until a probe that writes, as all that count does, has succeeded.
 */
export class RedisLink {
  readonly client: RedisClient;
  readonly #log: Logger;
  readonly #metrics: Metrics;
  /** Of this gateway among all that are there. */
  readonly id = randomUUID();
  readonly #listeners: ((available: boolean) => void)[] = [];
  readonly #waiting = new Set<() => void>();
  #state: 'new' | 'up' | 'lost' | 'closed' = 'new';
  #nodes = 1;
  /** What was heard before Redis was lost, and until when it counts: one that lost its memory knows of nobody at first. */
  #nodesBefore = 1;
  #nodesBeforeUntil = 0;
  #lostAt = Number.NEGATIVE_INFINITY;
  #backAt = Number.NEGATIVE_INFINITY;
  #timer: NodeJS.Timeout | undefined;
  /** Why Redis did not take the credentials, since it last served: commands only find no connection then. */
  #refusal: RedisFailure | undefined;
  #lostBy: RedisFailure | undefined;

  constructor(client: RedisClient, { log, metrics }: { log: Logger; metrics: Metrics }) {
    this.client = client;
    this.#log = log;
    this.#metrics = metrics;
    client.defineCommand('linguanovaPresence', { numberOfKeys: 1, lua: PRESENCE });
    // Without a listener ioredis would print; what matters is told by the commands that fail.
    client.on('error', (error) => {
      const failure = failureOf(error);
      if (failure.reason === 'unauthorized') this.#refusal = failure;
    });
    // Without a word from anybody: it may come back without its memory before the next command.
    client.on('close', () => {
      if (this.#state === 'up') this.#become('lost', new RedisFailure('unreachable'));
    });
    // As soon as a connection is there, not with the next probe.
    client.on('ready', () => void this.#beat());
    this.#plan();
  }

  /** Connects, and resolves when it is known whether Redis serves. */
  async open(): Promise<void> {
    const patience = new Promise((resolve) => setTimeout(resolve, PATIENCE).unref());
    await Promise.race([this.client.connect().catch(() => {}), patience]);
    await this.#beat();
  }

  /** Whether a command has any chance. */
  get available(): boolean {
    return this.#state === 'up';
  }

  /** Tells each time that `available` has become another. */
  onChange(listener: (available: boolean) => void): void {
    this.#listeners.push(listener);
  }

  /** Resolves when Redis is there again, or after so many milliseconds. */
  whenBack(milliseconds: number): Promise<void> {
    if (this.available) return Promise.resolve();
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, milliseconds);
    this.#waiting.add(resolve);
    return promise.finally(() => {
      clearTimeout(timer);
      this.#waiting.delete(resolve);
    });
  }

  /** When Redis was last lost, `performance.now()`. */
  get lostAt(): number {
    return this.#lostAt;
  }

  /** When it was there again. */
  get backAt(): number {
    return this.#backAt;
  }

  /** Gateways on this Redis, as last heard; those from before it was lost have some time to come back. */
  get nodes(): number {
    const before = performance.now() < this.#nodesBeforeUntil ? this.#nodesBefore : 1;
    return Math.max(this.#nodes, before);
  }

  /**
   * Runs a command within the deadline.
   *
   * @throws RedisFailure
   */
  async run<T>(command: () => Promise<T>): Promise<T> {
    if (!this.available) throw new RedisFailure('lost');
    return this.#tried(command);
  }

  /**
   * The same for what nothing else depends on: a failure is counted, and says nothing about Redis as a whole.
   *
   * @throws RedisFailure
   */
  async attempt<T>(command: () => Promise<T>): Promise<T> {
    if (!this.available) throw new RedisFailure('lost');
    try {
      return await inTime(command);
    } catch (error) {
      const failure = failureOf(error);
      this.#metrics.count('redis_failures', { reason: failure.reason });
      throw failure;
    }
  }

  /** Rejects while Redis cannot be written. */
  async ping(): Promise<void> {
    const failure = await this.#beat();
    if (this.#state === 'up') return;
    // One that is halted takes connections and then says nothing, so commands find none: the first failure says more.
    const isLater = failure === null || failure.reason === 'unreachable';
    throw this.#refusal ?? (isLater ? this.#lostBy : failure) ?? new RedisFailure('lost');
  }

  async close(): Promise<void> {
    if (this.#state === 'up') {
      await inTime(() => this.client.zrem(NODES_KEY, this.id)).catch(() => {});
    }
    this.#state = 'closed';
    clearTimeout(this.#timer);
    this.client.disconnect();
  }

  async #tried<T>(command: () => Promise<T>): Promise<T> {
    try {
      return await inTime(command);
    } catch (error) {
      const failure = failureOf(error);
      this.#metrics.count('redis_failures', { reason: failure.reason });
      this.#become('lost', failure);
      throw failure;
    }
  }

  /** Says that this node is there, and hears how many are; null when that went well. */
  async #beat(): Promise<RedisFailure | null> {
    if (this.#state === 'closed') return null;
    const presence = this.client as unknown as Record<'linguanovaPresence', Presence>;
    return this.#tried(() => presence.linguanovaPresence(NODES_KEY, this.id, GONE_AFTER)).then((nodes) => {
      this.#nodes = Math.max(1, nodes);
      this.#become('up');
      return null;
    }, failureOf);
  }

  #become(state: 'up' | 'lost', failure?: RedisFailure): void {
    const before = this.#state;
    if (before === state || before === 'closed') return;
    this.#state = state;
    this.#lostBy = failure;
    if (state === 'up') this.#refusal = undefined;
    if (state === 'lost') {
      this.#nodesBefore = this.nodes;
      this.#nodesBeforeUntil = Number.POSITIVE_INFINITY;
      this.#lostAt = performance.now();
    } else if (before === 'lost') {
      this.#backAt = performance.now();
      this.#nodesBeforeUntil = performance.now() + GONE_AFTER;
    }
    this.#metrics.set('redis_up', state === 'up' ? 1 : 0);
    if (state === 'lost') this.#log.warn('redis_disconnected', { reason: failure?.reason });
    else if (before === 'lost') this.#log.info('redis_reconnected');
    this.#plan();
    for (const listener of this.#listeners) listener(state === 'up');
    if (state === 'up') for (const resolve of this.#waiting) resolve();
  }

  #plan(): void {
    clearTimeout(this.#timer);
    if (this.#state === 'closed') return;
    const again = async () => {
      const failure = await this.#beat();
      // A master that became a replica: its name may lead to the new master already.
      if (failure?.reason === 'read_only') this.client.disconnect(true);
      this.#plan();
    };
    this.#timer = setTimeout(again, this.#state === 'up' ? HEARTBEAT : PROBE).unref();
  }
}

type Presence = (key: string, id: string, goneAfter: number) => Promise<number>;

function inTime<T>(command: () => Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const late = () => reject(new RedisFailure('timeout'));
    // When the process itself was busy, the answer may be there unread: one round of reading before giving up.
    const timer = setTimeout(() => setImmediate(late), DEADLINE);
    command()
      .then(resolve, reject)
      .finally(() => clearTimeout(timer));
  });
}

import { randomUUID } from 'node:crypto';
import { withTimeout } from '../../src/async.ts';
import type { Logger } from '../../src/telemetry/logger.ts';
import type { Metrics } from '../../src/telemetry/metrics.ts';
import type { RedisClient } from './client.ts';
import { RedisFailure, toRedisFailure } from './failure.ts';

/** Milliseconds that a command may take. */
const COMMAND_TIMEOUT_MS = 250;
/** Milliseconds that the first connection is waited for; the gateway starts without it then. */
const CONNECT_TIMEOUT_MS = 1_000;
/** How often this node says that it is there, milliseconds. */
const HEARTBEAT_INTERVAL_MS = 2_000;
/** How often it asks whether Redis is back, milliseconds. */
const PROBE_INTERVAL_MS = 250;
/** A node that has been silent for so long counts no more, milliseconds. */
const NODE_EXPIRY_MS = 3 * HEARTBEAT_INTERVAL_MS;

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
export class RedisConnection {
  readonly client: RedisClient;
  readonly #log: Logger;
  readonly #metrics: Metrics;
  /** Of this gateway among all that are there. */
  readonly id = randomUUID();
  readonly #listeners: ((available: boolean) => void)[] = [];
  readonly #recoveryWaiters = new Set<() => void>();
  #state: 'new' | 'up' | 'lost' | 'closed' = 'new';
  #nodes = 1;
  /** What was heard before Redis was lost, and until when it counts: one that lost its memory knows of nobody at first. */
  #nodesBeforeOutage = 1;
  #nodesBeforeOutageUntil = 0;
  #downSince = Number.NEGATIVE_INFINITY;
  #upSince = Number.NEGATIVE_INFINITY;
  #timer: NodeJS.Timeout | undefined;
  /** Why Redis did not take the credentials, since it last served: commands only find no connection then. */
  #authFailure: RedisFailure | undefined;
  #downReason: RedisFailure | undefined;

  constructor(client: RedisClient, { log, metrics }: { log: Logger; metrics: Metrics }) {
    this.client = client;
    this.#log = log;
    this.#metrics = metrics;
    client.defineCommand('linguanovaPresence', { numberOfKeys: 1, lua: PRESENCE });
    // Without a listener ioredis would print; what matters is told by the commands that fail.
    client.on('error', (error) => {
      const failure = toRedisFailure(error);
      if (failure.reason === 'unauthorized') this.#authFailure = failure;
    });
    // Without a word from anybody: it may come back without its memory before the next command.
    client.on('close', () => {
      if (this.#state === 'up') this.#setState('lost', new RedisFailure('unreachable'));
    });
    // As soon as a connection is there, not with the next probe.
    client.on('ready', () => void this.#heartbeat());
    this.#schedule();
  }

  /** Connects, and resolves when it is known whether Redis serves. */
  async open(): Promise<void> {
    await withTimeout(this.client.connect(), CONNECT_TIMEOUT_MS, () => {}).catch(() => {});
    await this.#heartbeat();
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
  whenUp(milliseconds: number): Promise<void> {
    if (this.available) return Promise.resolve();
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#recoveryWaiters.add(resolve);
    return withTimeout(promise, milliseconds, () => {}).finally(() => this.#recoveryWaiters.delete(resolve));
  }

  /** When Redis was last lost, `performance.now()`. */
  get downSince(): number {
    return this.#downSince;
  }

  /** When it was there again. */
  get upSince(): number {
    return this.#upSince;
  }

  /** Gateways on this Redis, as last heard; those from before it was lost have some time to come back. */
  get nodes(): number {
    const before = performance.now() < this.#nodesBeforeOutageUntil ? this.#nodesBeforeOutage : 1;
    return Math.max(this.#nodes, before);
  }

  /**
   * Runs a command within the deadline.
   *
   * @throws RedisFailure
   */
  async run<T>(command: () => Promise<T>): Promise<T> {
    if (!this.available) throw new RedisFailure('lost');
    return this.#execute(command);
  }

  /**
   * The same for what nothing else depends on: a failure is counted, and says nothing about Redis as a whole.
   *
   * @throws RedisFailure
   */
  async runBestEffort<T>(command: () => Promise<T>): Promise<T> {
    if (!this.available) throw new RedisFailure('lost');
    try {
      return await withCommandTimeout(command);
    } catch (error) {
      const failure = toRedisFailure(error);
      this.#metrics.count('redis_failures', { reason: failure.reason });
      throw failure;
    }
  }

  /** Rejects while Redis cannot be written. */
  async ping(): Promise<void> {
    const failure = await this.#heartbeat();
    if (this.#state === 'up') return;
    // One that is halted takes connections and then says nothing, so commands find none: the first failure says more.
    const isLater = failure === null || failure.reason === 'unreachable';
    throw this.#authFailure ?? (isLater ? this.#downReason : failure) ?? new RedisFailure('lost');
  }

  async close(): Promise<void> {
    if (this.#state === 'up') {
      await withCommandTimeout(() => this.client.zrem(NODES_KEY, this.id)).catch(() => {});
    }
    this.#state = 'closed';
    clearTimeout(this.#timer);
    this.client.disconnect();
  }

  async #execute<T>(command: () => Promise<T>): Promise<T> {
    try {
      return await withCommandTimeout(command);
    } catch (error) {
      const failure = toRedisFailure(error);
      this.#metrics.count('redis_failures', { reason: failure.reason });
      this.#setState('lost', failure);
      throw failure;
    }
  }

  /** Says that this node is there, and hears how many are; null when that went well. */
  async #heartbeat(): Promise<RedisFailure | null> {
    if (this.#state === 'closed') return null;
    const presence = this.client as unknown as Record<'linguanovaPresence', Presence>;
    return this.#execute(() => presence.linguanovaPresence(NODES_KEY, this.id, NODE_EXPIRY_MS)).then(
      (nodes) => {
        this.#nodes = Math.max(1, nodes);
        this.#setState('up');
        return null;
      },
      toRedisFailure,
    );
  }

  #setState(state: 'up' | 'lost', failure?: RedisFailure): void {
    const before = this.#state;
    if (before === state || before === 'closed') return;
    this.#state = state;
    this.#downReason = failure;
    if (state === 'up') this.#authFailure = undefined;
    if (state === 'lost') {
      this.#nodesBeforeOutage = this.nodes;
      this.#nodesBeforeOutageUntil = Number.POSITIVE_INFINITY;
      this.#downSince = performance.now();
    } else if (before === 'lost') {
      this.#upSince = performance.now();
      this.#nodesBeforeOutageUntil = performance.now() + NODE_EXPIRY_MS;
    }
    this.#metrics.set('redis_up', state === 'up' ? 1 : 0);
    if (state === 'lost') this.#log.warn('redis_disconnected', { reason: failure?.reason });
    else if (before === 'lost') this.#log.info('redis_reconnected');
    this.#schedule();
    for (const listener of this.#listeners) listener(state === 'up');
    if (state === 'up') for (const resolve of this.#recoveryWaiters) resolve();
  }

  #schedule(): void {
    clearTimeout(this.#timer);
    if (this.#state === 'closed') return;
    const again = async () => {
      const failure = await this.#heartbeat();
      // A master that became a replica: its name may lead to the new master already.
      if (failure?.reason === 'read_only') this.client.disconnect(true);
      this.#schedule();
    };
    this.#timer = setTimeout(again, this.#state === 'up' ? HEARTBEAT_INTERVAL_MS : PROBE_INTERVAL_MS).unref();
  }
}

type Presence = (key: string, id: string, goneAfter: number) => Promise<number>;

function withCommandTimeout<T>(command: () => Promise<T>): Promise<T> {
  // When the process itself was busy, the reply may be there unread: one turn of the event loop reads it.
  const onTimeout = () =>
    new Promise<never>((_, reject) => {
      setImmediate(() => reject(new RedisFailure('timeout')));
    });
  return withTimeout(command(), COMMAND_TIMEOUT_MS, onTimeout);
}

import { randomUUID } from 'node:crypto';
import { withTimeout } from '../../src/async.ts';
import type { Logger } from '../../src/telemetry/logger.ts';
import type { Metrics } from '../../src/telemetry/metrics.ts';
import { defineScripts, type RedisClient } from './client.ts';

const COMMAND_TIMEOUT_MS = 250;
/** The gateway starts without Redis if it does not connect within this time. */
const CONNECT_TIMEOUT_MS = 1_000;
const HEARTBEAT_INTERVAL_MS = 2_000;
/** While Redis is down. */
const PROBE_INTERVAL_MS = 250;
/** A node without a heartbeat for this long is not counted. */
const NODE_EXPIRY_MS = 3 * HEARTBEAT_INTERVAL_MS;

/** Sorted set of nodes by their last heartbeat on Redis's clock, since the clocks of nodes differ. */
const NODES_KEY = 'linguanova:nodes';
const HEARTBEAT = `
local t = redis.call('time')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
redis.call('zadd', KEYS[1], now, ARGV[1])
redis.call('zremrangebyscore', KEYS[1], '-inf', now - ARGV[2])
redis.call('pexpire', KEYS[1], ARGV[2])
return redis.call('zcard', KEYS[1])`;

interface Scripts {
  linguanovaPresence(key: string, id: string, expiryMs: number): Promise<number>;
}

/** A command failed. The message holds no address and no secret. */
export class RedisFailure extends Error {
  readonly reason: FailureReason;

  constructor(reason: FailureReason, options?: ErrorOptions) {
    super(`Redis: ${reason}`, options);
    this.name = 'RedisFailure';
    this.reason = reason;
  }
}

/** A closed set, as it is a metric label. */
export type FailureReason =
  /** Not sent, as Redis is known to be down. */
  'lost' | 'timeout' | 'unreachable' | 'full' | 'read_only' | 'loading' | 'unauthorized' | 'refused';

const REPLIES: readonly (readonly [RegExp, FailureReason])[] = [
  [/^OOM/, 'full'],
  [/^(READONLY|MASTERDOWN|NOREPLICAS)/, 'read_only'],
  [/^(LOADING|BUSY|TRYAGAIN|CLUSTERDOWN)/, 'loading'],
  // Anywhere, as ioredis quotes it: "Ready check failed: NOAUTH ...".
  [/\b(NOAUTH|WRONGPASS)\b/, 'unauthorized'],
  [/^(NOPERM|MISCONF|ERR|WRONGTYPE)/, 'refused'],
];

/** Classifies an error of ioredis; anything but an error reply is `unreachable`. */
export function toRedisFailure(error: unknown): RedisFailure {
  if (error instanceof RedisFailure) return error;
  // A script's error begins with the script's name.
  const message = error instanceof Error ? error.message.replace(/^.*?-(?=OOM|READONLY)/, '') : '';
  const reason = REPLIES.find(([pattern]) => pattern.test(message))?.[1] ?? 'unreachable';
  return new RedisFailure(reason, { cause: error });
}

/** @throws RedisFailure `timeout` */
export async function withCommandTimeout<T>(command: () => Promise<T>): Promise<T> {
  // If this process was busy, the reply may be unread: one more turn of the event loop reads it.
  const late = () =>
    new Promise<never>((_, reject) => setImmediate(() => reject(new RedisFailure('timeout'))));
  return withTimeout(command(), COMMAND_TIMEOUT_MS, late);
}

/**
 * The connection to Redis and its health. The first failed command marks Redis as down; from then on commands fail immediately,
 * until a probe that writes has succeeded.
 */
export class RedisConnection {
  readonly client: RedisClient;
  readonly #scripts: Scripts;
  readonly #log: Logger;
  readonly #metrics: Metrics;
  readonly id = randomUUID();
  readonly #listeners: ((available: boolean) => void)[] = [];
  readonly #recoveryWaiters = new Set<() => void>();
  #state: 'new' | 'up' | 'down' | 'closed' = 'new';
  #nodes = 1;
  /** Count from before the outage, and until when it is used: a Redis that was reset does not know the nodes yet. */
  #nodesBeforeOutage = 1;
  #nodesBeforeOutageUntil = 0;
  #downSince = Number.NEGATIVE_INFINITY;
  #upSince = Number.NEGATIVE_INFINITY;
  #timer: NodeJS.Timeout | undefined;
  /** Why Redis rejected the credentials; later commands fail merely as `unreachable`. */
  #authFailure: RedisFailure | undefined;
  #downReason: RedisFailure | undefined;

  constructor(client: RedisClient, { log, metrics }: { log: Logger; metrics: Metrics }) {
    this.client = client;
    this.#log = log;
    this.#metrics = metrics;
    this.#scripts = defineScripts<Scripts>(client, 1, { linguanovaPresence: HEARTBEAT });
    // Without a listener ioredis prints the error; failed commands report it anyway.
    client.on('error', (error) => {
      const failure = toRedisFailure(error);
      if (failure.reason === 'unauthorized') this.#authFailure = failure;
    });
    // Redis may have been reset when it is next reached, even if no command failed meanwhile.
    client.on('close', () => {
      if (this.#state === 'up') this.#setState('down', new RedisFailure('unreachable'));
    });
    client.on('ready', () => void this.#heartbeat());
    this.#schedule();
  }

  /** Connects; resolves when it is known whether Redis is up. */
  async open(): Promise<void> {
    await withTimeout(
      this.client.connect().catch(() => {}),
      CONNECT_TIMEOUT_MS,
      () => {},
    );
    await this.#heartbeat();
  }

  get available(): boolean {
    return this.#state === 'up';
  }

  /** The listener is called each time `available` changes. */
  onChange(listener: (available: boolean) => void): void {
    this.#listeners.push(listener);
  }

  /** Resolves when Redis is up, or after the timeout. */
  async whenUp(timeoutMs: number): Promise<void> {
    if (this.available) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#recoveryWaiters.add(resolve);
    await withTimeout(promise, timeoutMs, () => {});
    this.#recoveryWaiters.delete(resolve);
  }

  get downSince(): number {
    return this.#downSince;
  }

  get upSince(): number {
    return this.#upSince;
  }

  /** Gateways on this Redis. After an outage the earlier count holds until all nodes had time to report. */
  get nodes(): number {
    const before = performance.now() < this.#nodesBeforeOutageUntil ? this.#nodesBeforeOutage : 1;
    return Math.max(this.#nodes, before);
  }

  /** A failure marks Redis as down. @throws RedisFailure */
  async run<T>(command: () => Promise<T>): Promise<T> {
    if (!this.available) throw new RedisFailure('lost');
    return this.#execute(command);
  }

  /** For optional work: a failure is counted, and does not affect the health. @throws RedisFailure */
  async runBestEffort<T>(command: () => Promise<T>): Promise<T> {
    if (!this.available) throw new RedisFailure('lost');
    return this.#counted(command);
  }

  /** Rejects while Redis cannot be written. */
  async ping(): Promise<void> {
    const failure = await this.#heartbeat();
    if (this.#state === 'up') return;
    // A stopped Redis accepts connections and never replies, so later commands are unreachable; the first failure is more exact.
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

  async #counted<T>(command: () => Promise<T>): Promise<T> {
    try {
      return await withCommandTimeout(command);
    } catch (error) {
      const failure = toRedisFailure(error);
      this.#metrics.count('redis_failures', { reason: failure.reason });
      throw failure;
    }
  }

  async #execute<T>(command: () => Promise<T>): Promise<T> {
    try {
      return await this.#counted(command);
    } catch (error) {
      this.#setState('down', toRedisFailure(error));
      throw error;
    }
  }

  /** Registers this node and counts all; null on success. */
  async #heartbeat(): Promise<RedisFailure | null> {
    if (this.#state === 'closed') return null;
    const presence = () => this.#scripts.linguanovaPresence(NODES_KEY, this.id, NODE_EXPIRY_MS);
    return this.#execute(presence).then((nodes) => {
      this.#nodes = Math.max(1, nodes);
      this.#setState('up');
      return null;
    }, toRedisFailure);
  }

  #setState(state: 'up' | 'down', failure?: RedisFailure): void {
    const before = this.#state;
    if (before === state || before === 'closed') return;
    this.#state = state;
    this.#downReason = failure;
    if (state === 'up') this.#authFailure = undefined;
    if (state === 'down') {
      this.#nodesBeforeOutage = this.nodes;
      this.#nodesBeforeOutageUntil = Number.POSITIVE_INFINITY;
      this.#downSince = performance.now();
    } else if (before === 'down') {
      this.#upSince = performance.now();
      this.#nodesBeforeOutageUntil = performance.now() + NODE_EXPIRY_MS;
    }
    this.#metrics.set('redis_up', state === 'up' ? 1 : 0);
    if (state === 'down') this.#log.warn('redis_disconnected', { reason: failure?.reason });
    else if (before === 'down') this.#log.info('redis_reconnected');
    this.#schedule();
    for (const listener of this.#listeners) listener(state === 'up');
    if (state === 'up') for (const resolve of this.#recoveryWaiters) resolve();
  }

  #schedule(): void {
    clearTimeout(this.#timer);
    if (this.#state === 'closed') return;
    const again = async () => {
      const failure = await this.#heartbeat();
      // The master became a replica: its name may already lead to the new master.
      if (failure?.reason === 'read_only') this.client.disconnect(true);
      this.#schedule();
    };
    const interval = this.#state === 'up' ? HEARTBEAT_INTERVAL_MS : PROBE_INTERVAL_MS;
    this.#timer = setTimeout(again, interval).unref();
  }
}

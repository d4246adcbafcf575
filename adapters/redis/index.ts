/** What gateways share through Redis. Each works on its own while Redis is down. */

import { RateLimiterRedis, RateLimiterRes } from 'rate-limiter-flexible';
import { PROBE_STATES, type ProbeState } from '../../src/health/probes.ts';
import type { Logger } from '../../src/telemetry/logger.ts';
import type { Metrics } from '../../src/telemetry/metrics.ts';
import type { CacheStore } from '../../src/traffic/cache/cache-store.ts';
import type { EventLog } from '../../src/traffic/events/event-log.ts';
import type { Counter } from '../../src/traffic/limit/counter.ts';
import type { ProjectVersions } from '../../src/traffic/versions/project-versions.ts';
import { redisCacheStore } from './cache-store.ts';
import { redisClient } from './client.ts';
import { RedisConnection, RedisFailure } from './connection.ts';
import { RedisEventLog } from './event-log.ts';
import type { RedisTarget } from './url.ts';
import { RedisVersions } from './versions.ts';

export { parseRedisUrl } from './url.ts';

export interface Redis {
  readonly counter: Counter;
  readonly versions: ProjectVersions;
  readonly cacheStore: CacheStore;
  readonly eventLog: EventLog;
  /** Rejects while Redis cannot be written. */
  ping(): Promise<void>;
  /** The result of `ping` for `/readyz`. */
  probe(): Promise<ProbeState>;
  close(): Promise<void>;
}

/** Resolves even if Redis is down; it is then probed in the background. */
export async function openRedis(
  target: RedisTarget,
  ports: { log: Logger; metrics: Metrics },
): Promise<Redis> {
  const connection = new RedisConnection(redisClient(target), ports);
  // All of these define scripts.
  const versions = new RedisVersions(connection, target);
  const eventLog = new RedisEventLog(connection, target);
  const counter = redisCounter(connection);
  const cacheStore = redisCacheStore(connection);
  await connection.open();
  await Promise.all([versions.open(), eventLog.connect()]);
  return {
    counter,
    versions,
    cacheStore,
    eventLog,
    ping: () => connection.ping(),
    probe: () => connection.ping().then(() => 'ok' as const, stateOf),
    async close() {
      versions.close();
      eventLog.close();
      await connection.close();
    },
  };
}

function stateOf(error: unknown): ProbeState {
  const reason = error instanceof RedisFailure ? error.reason : null;
  return PROBE_STATES.find((state) => state === reason) ?? 'unreachable';
}

/** Keys `linguanova:limit:family:<plan>:<id>`, `linguanova:limit:project:<plan>:<id>` and `linguanova:limit:objects:address:<network>`. */
function redisCounter(connection: RedisConnection): Counter {
  const limiter = new RateLimiterRedis({
    storeClient: connection.client,
    keyPrefix: 'linguanova:limit',
    points: Number.MAX_SAFE_INTEGER,
    duration: 1,
    rejectIfRedisNotReady: true,
  });
  return {
    get available() {
      return connection.available;
    },
    get downSince() {
      return connection.downSince;
    },
    get upSince() {
      return connection.upSince;
    },
    get nodes() {
      return connection.nodes;
    },
    async acquire(key, points, seconds) {
      // The library rejects with the result when its own limit is exceeded.
      const result = await connection.run(() =>
        limiter.consume(key, points, { customDuration: seconds }).catch((error: unknown) => {
          if (error instanceof RateLimiterRes) return error;
          throw error;
        }),
      );
      return { total: result.consumedPoints, endsInMs: result.msBeforeNext };
    },
  };
}
